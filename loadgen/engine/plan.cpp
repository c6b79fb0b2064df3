#include "loadgen/engine/plan.hpp"

#include <algorithm>
#include <cctype>

namespace sweetspot::engine {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || marks.find(c) != std::string_view::npos;
  });
}

bool is_field(std::string_view line) {
  const auto colon = line.find(':');
  return colon != std::string_view::npos && is_token(line.substr(0, colon)) &&
         line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

bool is_header(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

Server server_of(const Url& url, const Route& route) {
  Server server;
  server.unix_path = route.unix_path;
  if (server.unix_path.empty()) server.endpoint = route.connect_to.value_or(url.server);
  server.is_secure = url.is_secure;
  if (url.is_secure) server.tls_name = route.tls_name.empty() ? url.server.host : route.tls_name;
  return server;
}

platform::Parsed<std::string> make_request(const Url& url, const RequestParts& parts) {
  if (!is_token(parts.method)) return {{}, "the method \"" + parts.method + "\" is not a token"};
  std::string text = parts.method + " " + url.target + " HTTP/1.1\r\n";
  const auto add_default = [&](std::string_view name, std::string_view value) {
    const bool given = std::any_of(parts.headers.begin(), parts.headers.end(),
                                   [&](const std::string& line) { return is_header(line, name); });
    if (!given) text.append(name).append(": ").append(value).append("\r\n");
  };
  add_default("Host", url.authority);
  add_default("User-Agent", "sweetspot-load/" SWEETSPOT_VERSION);
  add_default("Accept", "*/*");
  if (!parts.keep_alive) add_default("Connection", "close");
  for (const std::string& line : parts.headers) {
    if (!is_field(line))
      return {{}, "the header \"" + line + "\" is not valid; allowed is 'Name: value'"};
    if (is_header(line, "Content-Length") || is_header(line, "Transfer-Encoding")) {
      return {{}, "the header \"" + line + "\" is not allowed: the body decides it"};
    }
    text.append(line).append("\r\n");
  }
  const bool wants_length = !parts.body.empty() || parts.method == "POST" ||
                            parts.method == "PUT" || parts.method == "PATCH";
  if (wants_length) text.append("Content-Length: " + std::to_string(parts.body.size()) + "\r\n");
  return {text.append("\r\n").append(parts.body), {}};
}

}  // namespace sweetspot::engine
