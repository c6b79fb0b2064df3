#include "service/observe/operator.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sweetspot::observe {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_comment = 1000;

Page refusal(unsigned status, const std::string& why) {
  return {.status = status,
          .content_type = "application/json",
          .body = Json{{"error", why}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

// Takes as long for a wrong guess as for a right one.
bool are_equal(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  unsigned differing = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    differing |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
  return differing == 0;
}

// A browser says where a request comes from; who is no browser says nothing.
bool is_same_origin(const Post& post) {
  if (!post.fetch_site.empty() && post.fetch_site != "same-origin") return false;
  return post.origin.empty() || post.origin == "http://" + post.host ||
         post.origin == "https://" + post.host;
}

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Order order_in(const Json& json) {
  Order order{.limit = {},
              .lasts = text_in(json, "for"),
              .level = text_in(json, "level"),
              .comment = text_in(json, "comment")};
  const auto limit = json.find("limit");
  if (limit != json.end() && limit->is_number_integer()) {
    const auto number = limit->get<std::int64_t>();
    // Out of an int's range it is out of any bound's, too.
    order.limit = number < 0 || number > 1'000'000 ? 0 : static_cast<int>(number);
  }
  return order;
}

}  // namespace

Operator::Operator(std::string token, std::map<std::string, CarryOut> actions)
    : token_(std::move(token)), actions_(std::move(actions)) {}

std::vector<std::string> Operator::actions() const {
  std::vector<std::string> names;
  if (token_.empty()) return names;
  for (const auto& [name, carry_out] : actions_) names.push_back(name);
  return names;
}

Page Operator::answer(const Post& post) const {
  if (token_.empty()) return refusal(404, "read-only: operator.token_file is not set");
  if (!is_same_origin(post)) return refusal(403, "not of this origin");
  if (!post.content_type.starts_with("application/json"))
    return refusal(415, "the body must be application/json");
  if (!are_equal(post.authorization, "Bearer " + token_)) return refusal(401, "wrong token");
  const Json json = Json::parse(post.body, nullptr, false);
  if (!json.is_object()) return refusal(400, "the body must be a JSON object");
  const auto action = actions_.find(text_in(json, "action"));
  if (action == actions_.end()) return refusal(400, "no such action");
  const Order order = order_in(json);
  if (order.comment.size() > longest_comment)
    return refusal(400, "comment: at most " + std::to_string(longest_comment) + " bytes");
  const std::string problem = action->second(order);
  if (!problem.empty()) return refusal(409, problem);
  return {.content_type = "application/json", .body = "{}\n"};
}

}  // namespace sweetspot::observe
