#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/proxy/framing/outbox.hpp"
#include "service/proxy/framing/refusal.hpp"

namespace sweetspot::proxy {

// How the end of a message's body is known (RFC 9112, section 6.3). Exactly one for a message.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct HeadLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t target = 16 * 1024;
  std::size_t fields = 128;
};

// Bytes of a head, as offsets from its first byte: the buffer that holds it may move.
struct Range {
  std::uint32_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
  std::string_view in(const char* base) const { return {base + begin, end - begin}; }
};

// A field's line, with its line ending.
struct FieldLine {
  Range name, value, line;
  bool is_framing = false;  // Host, Content-Length, Transfer-Encoding: not to be nominated away
  bool is_connection = false;
  bool is_kept = true;  // goes on to the other side
};

enum class Parsed { complete, incomplete, refused };

// What requests and responses share.
struct Head {
  std::size_t size = 0;  // bytes, the empty line included
  std::vector<FieldLine> lines;
  bool is_http_1_0 = false;
  bool line_is_kept = true;  // the first line goes on as it is
  bool keeps_alive = false;
  bool nominates = false;  // fields for this connection only, which may be among the trailers
  Framing framing = Framing::none;
  std::uint64_t length = 0;     // with Framing::length, or of the body that an answer leaves out
  bool names_length = false;    // also where there is no body: an answer to HEAD, a 304
  bool length_is_kept = false;  // its line goes on as it is
  Range upgrade;                // value of Upgrade where Connection names it
};

enum class Method : std::uint8_t { get, head, options, put, erase, post, trace, connect, other };

struct RequestHead : Head {
  Method method = Method::other;
  Range method_name, target, authority;  // target: origin-form or `*`; authority: of the request
  bool is_absolute = false;              // the request line named the authority
  bool expects_continue = false;
  bool accepts_trailers = false;
  std::optional<std::uint64_t>
      max_forwards;   // of OPTIONS; at 0 it is for us (RFC 9110, section 7.6.2)
  Refusal refusal{};  // where it is refused

  // Safe to be sent twice (RFC 9110, section 9.2.2).
  bool is_idempotent() const { return method < Method::post; }
  std::string_view path(const char* base) const;  // the target without its query
};

struct ResponseHead : Head {
  int status = 0;
  Range reason;

  // Of server-sent events, which end when somebody has had enough of them.
  bool is_event_stream(const char* base) const;
};

// Reads the head that `bytes` begins with. Strict: whatever two readers could frame differently is
// refused (RFC 9112). The result may be used again for the next head, and keeps its memory.
Parsed parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

// `answers_head`: the request's method was HEAD, so that there is no body whatever is said.
Parsed parse_response(std::string_view bytes, const HeadLimits& limits, bool answers_head,
                      ResponseHead& head);

// Whether a head that was incomplete is worth another look, now that bytes were added at `from`:
// it is complete, or a line of it ends as none may. Keeps a head that drips in linear in its size.
bool may_be_parsed(std::string_view bytes, std::size_t from);

// Appends what goes on to the other side: kept ranges of the head at `base`, and lines of ours,
// which live in `text`. Both must stay where they are until it is sent.
struct RequestForwarding {
  std::string_view upstream_authority;  // Host, where the client sent none
  bool keep_expect = false;
  std::string_view lines{};  // more of ours
};
void append_request(const char* base, const RequestHead& head, const RequestForwarding& how,
                    std::string& text, Outbox& out);

struct ResponseForwarding {
  bool close = false;                // the connection ends after it
  bool client_http_1_0 = false;      // which gets no chunks, and is told that the connection stays
  std::string_view via{};            // our name in Via, where not empty
  std::string_view server_timing{};  // a value for Server-Timing, where not empty
};
void append_response(const char* base, const ResponseHead& head, const ResponseForwarding& how,
                     std::string& text, Outbox& out);

}  // namespace sweetspot::proxy
