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
  return colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
}

// The path with its "." and ".." segments carried out.
std::string without_dots(std::string_view target) {
  const auto path = target.substr(0, target.find_first_of("?#"));
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto segment = path.substr(at, end - at);  // with its slash in front
    if (segment == "/..") out.resize(out.empty() ? 0 : out.rfind('/'));
    const bool is_dot = segment == "/." || segment == "/..";
    if (!is_dot) out += segment;
    if (is_dot && end == path.size()) out += '/';
    at = end;
  }
  return out.append(target.substr(path.size()));
}

}  // namespace

platform::Parsed<Url> parse_url(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    std::string error = "\"";
    error.append(text).append("\" cannot be loaded: ").append(what);
    return platform::Parsed<Url>{{}, error + "; allowed is http[s]://HOST[:PORT][/PATH]"};
  };
  constexpr std::string_view separator = "://";
  const auto colon = text.find(separator);
  if (colon == std::string_view::npos) return wrong("it has no scheme");
  const auto scheme = lowered(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return wrong("its scheme is neither http nor https");
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; })) {
    return wrong("it has a blank or a control character");
  }

  const auto rest = text.substr(colon + separator.size());
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  auto target = rest.substr(authority.size());
  target = target.substr(0, target.find('#'));
  if (authority.find('@') != std::string_view::npos)
    return wrong("it has a user name (see --basic)");

  Url url;
  url.is_secure = scheme == "https";
  url.authority = authority;
  const auto endpoint = platform::parse_endpoint(
      has_port(authority) ? url.authority : url.authority + (url.is_secure ? ":443" : ":80"));
  if (!endpoint || (*endpoint).port == 0) return wrong("its host or port is not valid");
  url.server = *endpoint;
  url.target = target.starts_with('/') ? target : std::string("/").append(target);
  return {url, {}};
}

platform::Parsed<Url> resolve_url(const Url& base, std::string_view reference) {
  const std::string scheme = base.is_secure ? "https:" : "http:";
  const auto head = reference.substr(0, reference.find_first_of("/?#"));
  if (head.find(':') != std::string_view::npos) return parse_url(reference);
  if (reference.starts_with("//")) return parse_url(scheme + std::string(reference));
  const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string target;
  if (reference.starts_with('/')) {
    target = without_dots(reference);
  } else if (reference.starts_with('?')) {
    target = std::string(path).append(reference);
  } else {
    target = without_dots(std::string(path.substr(0, path.rfind('/') + 1)).append(reference));
  }
  return parse_url(scheme + "//" + base.authority + target);
}

}  // namespace sweetspot::engine
