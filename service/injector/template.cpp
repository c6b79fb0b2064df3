#include "service/injector/template.hpp"

#include <array>
#include <utility>

namespace sweetspot::injector {
namespace {

// Takes fields one by one; the first that is missing or of another kind is named.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  void number(const char* name, int& into, int low, int high) {
    const Json* found = find(name);
    if (!found) return;
    const bool is_good = found->is_number_integer() && *found >= low && *found <= high;
    if (is_good)
      into = found->get<int>();
    else
      blame(name, "a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  void boolean(const char* name, bool& into) {
    const Json* found = find(name);
    if (!found) return;
    if (found->is_boolean())
      into = found->get<bool>();
    else
      blame(name, "true or false");
  }
  void text(const char* name, std::string& into) {
    const Json* found = find(name);
    if (!found) return;
    if (found->is_string())
      into = found->get<std::string>();
    else
      blame(name, "a text");
  }
  void part(const char* name, Json& into, Json::value_t kind) {
    const Json* found = find(name);
    if (!found) return;
    if (found->type() == kind)
      into = *found;
    else
      blame(name, kind == Json::value_t::array ? "a list" : "an object");
  }
  const std::string& problem() const { return problem_; }

 private:
  const Json* find(const char* name) {
    const auto found = json_.find(name);
    if (found != json_.end()) return &*found;
    blame(name, "present");
    return nullptr;
  }
  void blame(const std::string& name, const std::string& allowed) {
    if (problem_.empty()) problem_ = name + ": allowed: " + allowed;
  }

  const Json& json_;
  std::string problem_;
};

}  // namespace

ReadTemplate parse_template(std::string_view json) {
  const Json given = Json::parse(json, nullptr, false);
  if (!given.is_object()) return {{}, "it is no JSON object"};
  Template made;
  Reader reader(given);
  reader.part("container", made.container, Json::value_t::object);
  reader.part("volumes", made.volumes, Json::value_t::array);
  reader.part("labels", made.labels, Json::value_t::object);
  reader.number("endSeconds", made.end_seconds, 1, 86400);
  reader.number("drainDelayMilliseconds", made.drain_delay_ms, 0, 3600000);
  reader.boolean("native", made.is_native);
  const std::array<std::pair<const char*, int*>, 4> ports{{{"proxyPort", &made.proxy_port},
                                                           {"adminPort", &made.admin_port},
                                                           {"controlPort", &made.control_port},
                                                           {"backendPort", &made.backend_port}}};
  for (const auto& [name, port] : ports) reader.number(name, *port, 1, 65535);
  reader.text("bindAddress", made.bind_address);
  reader.text("namespace", made.own_namespace);
  reader.boolean("denies", made.denies);
  if (given.contains("backendPreStop") && !given["backendPreStop"].is_null())
    reader.part("backendPreStop", made.backend_pre_stop, Json::value_t::object);
  if (!reader.problem().empty()) return {{}, reader.problem()};
  if (made.container.value("name", Json()) != "sweetspot" || !made.container.contains("image"))
    return {{}, "container: allowed: one named sweetspot with an image"};
  return {std::move(made), {}};
}

}  // namespace sweetspot::injector
