#include "service/proxy/framing/refusal.hpp"

#include <array>

namespace sweetspot::proxy {

namespace {
struct Told {
  std::string_view name;
  int status;
};
constexpr std::array<Told, refusal_count> told{{
    {"malformed_line", 400},
    {"malformed_target", 400},
    {"malformed_field", 400},
    {"malformed_body", 400},
    {"invalid_host", 400},
    {"ambiguous_framing", 400},
    {"head_timeout", 408},
    {"body_timeout", 408},
    {"target_too_long", 414},
    {"unknown_expectation", 417},
    {"head_too_large", 431},
    {"too_many_fields", 431},
    {"unsupported_method", 501},
    {"unknown_coding", 501},
    {"unsupported_version", 505},
}};
const Told& of(Refusal why) { return told[static_cast<std::size_t>(why)]; }
}  // namespace

std::string_view to_string(Refusal why) { return of(why).name; }
int status_of(Refusal why) { return of(why).status; }

}  // namespace sweetspot::proxy
