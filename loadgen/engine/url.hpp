#pragma once

#include <string>
#include <string_view>

#include "service/platform/units.hpp"

namespace sweetspot::engine {

struct Url {
  platform::Endpoint server;
  std::string authority;   // what the Host field says
  std::string target;      // path and query, at least "/"
  bool is_secure = false;  // https
};

// `http://HOST[:PORT][/PATH][?QUERY]`, or https; the port is 80 or 443 where it is missing, a
// fragment is dropped.
platform::Parsed<Url> parse_url(std::string_view text);

// What a reference means that was found at `base`: a URL of its own, `//HOST/PATH`, `/PATH`,
// `?QUERY`, or a path beside the base's (RFC 3986, section 5.2).
platform::Parsed<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace sweetspot::engine
