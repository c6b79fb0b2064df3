#pragma once

#include <string>
#include <string_view>

namespace sweetspot::proxy {

// An answer of our own. README.md lists the statuses and reasons.
struct LocalResponse {
  int status = 0;
  std::string_view reason;  // x-sweetspot-reason: of each but 200
  int retry_after = 0;      // seconds, where not 0
  bool is_problem = false;  // its body is application/problem+json (RFC 9457), not text
};

struct LocalForwarding {
  bool close = false;
  bool client_http_1_0 = false;
  bool answers_head = false;  // no body then
};
std::string serialize(const LocalResponse& response, const LocalForwarding& how);

}  // namespace sweetspot::proxy
