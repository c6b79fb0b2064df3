#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sweetspot::backend {

// The head of a request, as far as this server cares. The views are into the text it was read from.
struct Request {
  std::string_view method;
  std::string_view path;   // of the target, without its query
  std::string_view query;  // after the question mark
  bool keep_alive = true;
  bool asks_to_keep_alive = false;  // as clients of HTTP/1.0 do, who want to be told
  bool expects_continue = false;
  bool chunked = false;
  std::uint64_t content_length = 0;  // where not chunked

  // The number given for `name` in the query, as in `?bytes=1000`.
  std::optional<std::uint64_t> query_number(std::string_view name) const;
};

struct ParsedRequest {
  int status = 0;  // 0 where it is valid, else what to answer: 400, 501, 505
  Request request;
};

// Reads a whole head, from the method to the empty line. Strict about what decides framing.
ParsedRequest parse_request(std::string_view head);

}  // namespace sweetspot::backend
