#include "loadgen/engine/redirect.hpp"

#include <algorithm>

namespace sweetspot::engine {
namespace {

void forget(std::vector<std::string>& headers, std::string_view name) {
  std::erase_if(headers, [name](const std::string& line) { return is_header(line, name); });
}

}  // namespace

std::optional<Call> follow(const Call& call, std::string_view message, int status,
                           std::string_view location) {
  const bool is_redirect =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (!is_redirect || location.empty()) return {};
  const auto url = resolve_url(call.url, location);
  if (!url) return {};

  Call next;
  next.url = *url;
  next.parts = call.parts;
  next.parts.body.clear();
  const std::string& method = call.parts.method;
  const bool becomes_get = status == 303 ? method != "HEAD" : status <= 302 && method == "POST";
  if (becomes_get) {
    next.parts.method = "GET";
    forget(next.parts.headers, "Content-Type");
  } else {
    next.parts.body = message.substr(std::min(message.find("\r\n\r\n") + 4, message.size()));
  }
  const bool is_elsewhere =
      (*url).server != call.url.server || (*url).is_secure != call.url.is_secure;
  if (is_elsewhere) {
    for (const auto* name : {"Host", "Authorization", "Cookie"}) forget(next.parts.headers, name);
  }
  auto request = make_request(*url, next.parts);
  if (!request) return {};
  next.messages.push_back(std::move(*request.value));
  next.parts.body.clear();
  next.head_only = next.parts.method == "HEAD";
  return next;
}

}  // namespace sweetspot::engine
