#include "loadgen/engine/url.hpp"

#include <algorithm>
#include <cctype>

namespace sweetspot::engine {
namespace {

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

bool has_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  return colon != std::string_view::npos &&
         (bracket == std::string_view::npos || colon > bracket);
}

}  // namespace

platform::Parsed<Url> parse_url(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    std::string error = "\"";
    error.append(text).append("\" cannot be loaded: ").append(what);
    return platform::Parsed<Url>{{}, error + "; allowed is http://HOST[:PORT][/PATH]"};
  };
  constexpr std::string_view separator = "://";
  const auto colon = text.find(separator);
  if (colon == std::string_view::npos) return wrong("it has no scheme");
  const auto scheme = lowered(text.substr(0, colon));
  if (scheme == "https") return wrong("TLS is not supported yet");
  if (scheme != "http") return wrong("its scheme is not http");
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; })) {
    return wrong("it has a blank or a control character");
  }

  const auto rest = text.substr(colon + separator.size());
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  auto target = rest.substr(authority.size());
  target = target.substr(0, target.find('#'));
  if (authority.find('@') != std::string_view::npos) return wrong("it has a user name");

  Url url;
  url.authority = authority;
  const auto endpoint = platform::parse_endpoint(
      has_port(authority) ? url.authority : url.authority + ":80");
  if (!endpoint || (*endpoint).port == 0) return wrong("its host or port is not valid");
  url.server = *endpoint;
  url.target = target.starts_with('/') ? target : std::string("/").append(target);
  return {url, {}};
}

}  // namespace sweetspot::engine
