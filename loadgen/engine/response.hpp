#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sweetspot::engine {

// Finds the end of a response in the bytes that arrive, and looks at nothing it need not know.
// Allocates nothing but for where a redirect leads. One response after another: reset() in between.
class ResponseReader {
 public:
  enum class State { head, body, done, broken };

  explicit ResponseReader(bool head_only = false) : head_only_(head_only) {}
  void reset();
  void reset(bool head_only);  // whether the next request is a HEAD: its response has no body

  // Takes what it can of the bytes and returns how many that was. A head is taken whole or not at
  // all: what is left then has to be offered again, with more behind it.
  std::size_t take(std::string_view bytes);

  // The peer closed. A body that ends with the connection is done then; all else is broken.
  void take_end();

  State state() const { return state_; }
  int status() const { return status_; }
  bool keeps_alive() const { return keep_alive_; }
  std::string_view location() const { return status_ / 100 == 3 ? note_ : std::string_view(); }
  std::string_view retry_after() const { return status_ / 100 == 3 ? std::string_view() : note_; }

 private:
  enum class Framing { length, chunked, close };
  enum class Chunk { size, extension, data, data_end, trailer_start, trailer };

  bool take_head(std::string_view head);
  bool take_status_line(std::string_view line);
  bool take_field(std::string_view line);
  void settle_framing();
  std::size_t take_body(std::string_view bytes);
  std::size_t take_chunked(std::string_view bytes);
  void take_chunk_byte(char c);
  void take_size_byte(char c);

  void take_note(std::string_view line);

  bool head_only_;
  State state_ = State::head;
  Framing framing_ = Framing::close;
  Chunk chunk_ = Chunk::size;
  int status_ = 0;
  bool keep_alive_ = true;
  bool has_length_ = false;
  bool is_chunked_ = false;
  bool has_digit_ = false;  // of a chunk's size
  std::string note_;        // where to go, or when to come back
  std::uint64_t left_ = 0;  // of the body, or of the chunk
};

}  // namespace sweetspot::engine
