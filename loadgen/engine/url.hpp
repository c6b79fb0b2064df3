#pragma once

#include <string>
#include <string_view>

#include "service/platform/units.hpp"

namespace sweetspot::engine {

struct Url {
  platform::Endpoint server;
  std::string authority;  // what the Host field says
  std::string target;     // path and query, at least "/"
};

// `http://HOST[:PORT][/PATH][?QUERY]`; the port is 80 where it is missing, a fragment is dropped.
platform::Parsed<Url> parse_url(std::string_view text);

}  // namespace sweetspot::engine
