#include "loadgen/backend/input.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sweetspot::backend {

bool Input::more() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    overflowed_ = true;
    return false;
  }
  ssize_t got = 0;
  do {
    got = ::recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  end_ += static_cast<std::size_t>(got);
  return true;
}

std::string_view Input::head() {
  constexpr std::string_view blank = "\r\n\r\n";
  while (true) {
    const auto at = pending().find(blank);
    if (at != std::string_view::npos) {
      const auto head = pending().substr(0, at + blank.size());
      begin_ += head.size();
      return head;
    }
    if (!more()) return {};
  }
}

bool Input::body(std::uint64_t length, std::string* kept) {
  if (kept && length > kept_bound - kept->size()) return false;
  while (length > 0) {
    const auto part = pending().substr(0, std::min<std::uint64_t>(length, pending().size()));
    if (kept) kept->append(part);
    begin_ += part.size();
    length -= part.size();
    if (length > 0 && !more()) return false;
  }
  return true;
}

std::optional<std::string_view> Input::line() {
  while (true) {
    const auto at = pending().find("\r\n");
    if (at != std::string_view::npos) {
      const auto line = pending().substr(0, at);
      begin_ += at + 2;
      return line;
    }
    if (!more()) return {};
  }
}

bool Input::chunked_body(std::string* kept) {
  while (true) {
    const auto size_line = line();
    if (!size_line) return false;
    const auto digits = size_line->substr(0, size_line->find_first_of("; \t"));
    std::uint64_t size = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
    if (size == 0) break;
    if (!body(size, kept)) return false;
    const auto after = line();
    if (!after || !after->empty()) return false;
  }
  while (true) {  // trailers
    const auto trailer = line();
    if (!trailer) return false;
    if (trailer->empty()) return true;
  }
}

}  // namespace sweetspot::backend
