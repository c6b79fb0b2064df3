#include "loadgen/targets/plan.hpp"

#include <algorithm>

#include "loadgen/targets/file.hpp"
#include "loadgen/text/base64.hpp"
#include "loadgen/text/user_file.hpp"

namespace sweetspot::loadgen {
namespace {

using platform::Parsed;

// Credentials may be in a file, so that no list of processes shows them.
Parsed<std::string> secret_of(const std::string& text) {
  if (!text.starts_with('@')) return {text, {}};
  auto content = content_of(text.substr(1));
  if (content) {
    std::string& secret = *content.value;
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  }
  return content;
}

// The Authorization field; empty where there are no credentials.
Parsed<std::string> authorization_of(const Target& target) {
  if (target.basic.empty() && target.bearer.empty()) return {std::string(), {}};
  auto secret = secret_of(target.basic.empty() ? target.bearer : target.basic);
  if (!secret) return secret;
  if (target.basic.empty()) return {"Authorization: Bearer " + *secret, {}};
  if ((*secret).find(':') == std::string::npos)
    return {{}, "--basic: there is no colon; allowed is USER:PASSWORD"};
  return {"Authorization: Basic " + base64(*secret), {}};
}

// The bodies of a target that names none itself.
Parsed<std::vector<std::string>> bodies_of(const Target& target) {
  if (target.body_lines.empty() && target.body_file.empty()) return {std::vector{target.body}, {}};
  auto content = content_of(target.body_lines.empty() ? target.body_file : target.body_lines);
  if (!content) return {{}, content.error};
  if (target.body_lines.empty()) return {std::vector{std::move(*content.value)}, {}};
  std::vector<std::string> lines;
  const std::string& text = *content;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (lines.back().ends_with('\r')) lines.back().pop_back();
    at = end + 1;
  }
  if (lines.empty()) return {{}, "there is no line in \"" + target.body_lines + "\""};
  return {std::move(lines), {}};
}

bool names_the_same(const std::string& line, const std::string& other) {
  return engine::is_header(line, other.substr(0, other.find(':')));
}

// What a target's requests have beside its own: the flags', unless it has a field of that name.
std::vector<std::string> headers_of(const TargetLine& line,
                                    const std::vector<std::string>& common) {
  std::vector<std::string> headers = line.headers;
  for (const std::string& each : common) {
    const bool is_own =
        std::any_of(line.headers.begin(), line.headers.end(),
                    [&](const std::string& own) { return names_the_same(own, each); });
    if (!is_own) headers.push_back(each);
  }
  return headers;
}

std::size_t index_of(const engine::Server& server, std::vector<engine::Server>& servers) {
  const auto found = std::find(servers.begin(), servers.end(), server);
  if (found != servers.end()) return static_cast<std::size_t>(found - servers.begin());
  servers.push_back(server);
  return servers.size() - 1;
}

class Planner {
 public:
  explicit Planner(const Target& target) : target_(target) {}

  Parsed<engine::Plan> make() {
    if (auto wrong = prepare(); !wrong.empty()) return {{}, std::move(wrong)};
    auto lines =
        target_.targets_file.empty()
            ? Parsed<std::vector<TargetLine>>{std::vector{TargetLine{.url = target_.url}}, {}}
            : read_targets(target_.targets_file);
    if (!lines) return {{}, lines.error};
    for (const TargetLine& line : *lines) {
      if (auto wrong = add(line); !wrong.empty()) return {{}, std::move(wrong)};
    }
    return finish();
  }

 private:
  // What all calls have in common. What is wrong, else empty.
  std::string prepare() {
    plan_.route = {target_.connect_to, target_.unix_path,
                   target_.server_name.empty() ? target_.host : target_.server_name};
    common_ = target_.headers;
    if (!target_.host.empty()) common_.push_back("Host: " + target_.host);
    auto authorization = authorization_of(target_);
    if (!authorization) return authorization.error;
    if (!(*authorization).empty()) common_.push_back(*authorization);
    auto bodies = bodies_of(target_);
    if (bodies) bodies_ = std::move(*bodies.value);
    return bodies.error;
  }

  std::string add(const TargetLine& line) {
    const auto url = url_of(line.url);
    if (!url) return url.error;
    const auto bodies = line.body ? std::vector{*line.body} : bodies_;
    const bool has_body =
        !bodies.front().empty() || !target_.body_file.empty() || !target_.body_lines.empty();
    engine::Call call;
    call.url = *url;
    call.server = index_of(engine::server_of(*url, plan_.route), plan_.servers);
    call.weight = line.weight;
    call.parts.method = line.method               ? *line.method
                        : !target_.method.empty() ? target_.method
                        : has_body                ? "POST"
                                                  : "GET";
    call.parts.headers = headers_of(line, common_);
    call.parts.keep_alive = target_.keep_alive;
    call.head_only = call.parts.method == "HEAD";
    for (const std::string& body : bodies) {
      call.parts.body = body;
      auto request = engine::make_request(*url, call.parts);
      if (!request) return request.error;
      call.messages.push_back(std::move(*request.value));
    }
    call.parts.body.clear();
    plan_.calls.push_back(std::move(call));
    return {};
  }

  Parsed<engine::Url> url_of(const std::string& text) const {
    if (target_.url.empty() || target_.targets_file.empty()) return engine::parse_url(text);
    const auto base = engine::parse_url(target_.url);
    return base ? engine::resolve_url(*base, text) : base;
  }

  Parsed<engine::Plan> finish() {
    const bool is_secure =
        std::any_of(plan_.servers.begin(), plan_.servers.end(),
                    [](const engine::Server& server) { return server.is_secure; });
    if (is_secure || target_.redirects > 0) {
      auto tls = engine::TlsContext::make(target_.tls);
      if (!tls) return {{}, tls.error};
      plan_.tls = std::move(*tls.value);
    }
    plan_.keep_alive = target_.keep_alive;
    plan_.redirects = target_.redirects;
    plan_.threads = target_.threads;
    plan_.timeout = target_.timeout;
    return {std::move(plan_), {}};
  }

  const Target& target_;
  std::vector<std::string> common_;
  std::vector<std::string> bodies_;
  engine::Plan plan_;
};

}  // namespace

Parsed<engine::Plan> make_plan(const Target& target) { return Planner(target).make(); }

}  // namespace sweetspot::loadgen
