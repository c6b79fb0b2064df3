#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::backend {

// What a connection's peer sends, read in whole buffers by a thread that may block for it.
class Input {
 public:
  explicit Input(int socket) : socket_(socket) {}

  // The next head with its empty line, valid until the next call. Empty where there is none:
  // then overflowed() tells a head beyond the buffer from a peer that left.
  std::string_view head();
  bool overflowed() const { return overflowed_; }

  // Reads a body and appends it to `kept` where that is given. False where the peer left, the
  // framing is broken, or what is kept grows beyond its bound.
  bool body(std::uint64_t length, std::string* kept);
  bool chunked_body(std::string* kept);

  static constexpr std::size_t kept_bound = 64 * 1024 * 1024;  // bytes

 private:
  bool more();  // reads once, blocking; false at the end
  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  std::optional<std::string_view> line();

  int socket_;
  bool overflowed_ = false;
  std::size_t begin_ = 0, end_ = 0;
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace sweetspot::backend
