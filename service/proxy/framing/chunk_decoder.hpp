#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sweetspot::proxy {

// A strict reader of a chunked body (RFC 9112, section 7.1) that comes in pieces. What it passes
// on is framed by it alone: extensions are bounded and dropped, trailers bounded and judged one by
// one, sizes are at most 16 digits, and lines end in CRLF and nothing else.
class ChunkDecoder {
 public:
  // `passes_trailers`: those that may_trail() go on as framing, the others are dropped.
  explicit ChunkDecoder(bool passes_trailers = true) : passes_trailers_(passes_trailers) {}

  struct Piece {
    std::string_view bytes;  // of what was fed
    bool is_payload;         // else framing, to be passed on to those who are sent chunks
  };
  enum class Result { more, end, malformed };

  // Appends to `pieces` what `bytes` hold. `used` is how many of them it is done with: less than
  // all at the body's end, and where they end within a trailer, whose beginning wants to be fed
  // again.
  Result feed(std::string_view bytes, std::size_t& used, std::vector<Piece>& pieces);

 private:
  enum class State : std::uint8_t {
    size_begin,
    size,
    extension_space,
    extension_begin,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailers,
    end
  };
  bool step(char c);  // all but data and trailers; false where malformed
  bool takes_trailer(std::string_view line);
  bool begin_data();
  bool is_framing(State before) const;

  static constexpr std::size_t most_extension_bytes = 4 * 1024;  // of the whole body
  static constexpr std::size_t most_trailer_bytes = 8 * 1024;

  bool passes_trailers_;
  State state_ = State::size_begin;
  std::uint64_t left_ = 0;  // of the chunk's data; while its size is read, the size
  std::size_t digits_ = 0, extension_bytes_ = 0, trailer_bytes_ = 0;
};

}  // namespace sweetspot::proxy
