#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sweetspot::proxy {

// Why a request itself was refused, so that our 400 can be told from the upstream's. Closed list:
// header x-sweetspot-reason and the access log's `ending`, each explained once in README.md.
enum class Refusal : std::uint8_t {
  malformed_line,
  malformed_target,
  malformed_field,
  malformed_body,
  invalid_host,
  ambiguous_framing,
  head_timeout,
  body_timeout,
  target_too_long,
  unknown_expectation,
  head_too_large,
  too_many_fields,
  unsupported_method,
  unknown_coding,
  unsupported_version,
};
constexpr std::size_t refusal_count = 15;

std::string_view to_string(Refusal why);
int status_of(Refusal why);

}  // namespace sweetspot::proxy
