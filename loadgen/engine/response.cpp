#include "loadgen/engine/response.hpp"

#include <algorithm>
#include <charconv>

namespace sweetspot::engine {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_equal(std::string_view text, std::string_view low) {  // but for case
  return text.size() == low.size() && std::equal(text.begin(), text.end(), low.begin(),
                                                 [](char a, char b) { return lowered(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void ResponseReader::reset() {
  state_ = State::head;
  chunk_ = Chunk::size;
  keep_alive_ = true;
  has_length_ = is_chunked_ = has_digit_ = false;
  left_ = 0;
  if (!note_.empty()) note_.clear();
}

void ResponseReader::reset(bool head_only) {
  head_only_ = head_only;
  reset();
}

std::size_t ResponseReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::head) {
    const auto end = bytes.find(head_end, taken);
    if (end == std::string_view::npos) return taken;
    // With the end of its last line, so that every line has one.
    if (!take_head(bytes.substr(taken, end + line_end.size() - taken))) {
      state_ = State::broken;
      return taken;
    }
    taken = end + head_end.size();
    const bool interim = status_ < 200 && status_ != 101;
    interim ? reset() : settle_framing();
  }
  return taken + take_body(bytes.substr(taken));
}

void ResponseReader::take_end() {
  const bool ends_with_connection = state_ == State::body && framing_ == Framing::close;
  state_ = ends_with_connection ? State::done : State::broken;
}

bool ResponseReader::take_head(std::string_view head) {
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find(line_end);
    const auto line = head.substr(0, end);
    if (!(first ? take_status_line(line) : take_field(line))) return false;
    first = false;
    head.remove_prefix(end + line_end.size());
  }
  return true;
}

bool ResponseReader::take_status_line(std::string_view line) {
  constexpr std::string_view version = "HTTP/1.";
  if (line.size() < 12 || !line.starts_with(version) || line[8] != ' ') return false;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  keep_alive_ = line[7] != '0';
  return status_ >= 100 && status_ < 600;
}

bool ResponseReader::take_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto name = line.substr(0, colon);
  // The few fields that matter, told apart from most others by length alone.
  if (name.size() == 14 && is_equal(name, "content-length")) {
    const auto value = trimmed(line.substr(colon + 1));
    std::uint64_t length = 0;
    const auto* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, length);
    if (error != std::errc() || end != last || (has_length_ && length != left_)) return false;
    has_length_ = true;
    left_ = length;
  } else if (name.size() == 10 && is_equal(name, "connection")) {
    const auto value = trimmed(line.substr(colon + 1));
    if (is_equal(value, "close")) keep_alive_ = false;
    if (is_equal(value, "keep-alive")) keep_alive_ = true;
  } else if (name.size() == 17 && is_equal(name, "transfer-encoding")) {
    if (!is_equal(trimmed(line.substr(colon + 1)), "chunked")) return false;
    is_chunked_ = true;
  } else if (status_ >= 300 && (name.size() == 8 || name.size() == 11)) {
    take_note(line);
  }
  return true;
}

// A redirect's Location, a refusal's Retry-After.
void ResponseReader::take_note(std::string_view line) {
  const auto colon = line.find(':');
  const bool is_redirect = status_ < 400;
  const bool is_refusal = status_ == 429 || status_ == 503;
  if ((is_redirect && is_equal(line.substr(0, colon), "location")) ||
      (is_refusal && is_equal(line.substr(0, colon), "retry-after"))) {
    note_ = trimmed(line.substr(colon + 1));
  }
}

void ResponseReader::settle_framing() {
  state_ = State::body;
  const bool bodiless = head_only_ || status_ == 204 || status_ == 304 || status_ == 101;
  if (bodiless) {
    state_ = State::done;
    if (status_ == 101) keep_alive_ = false;  // another protocol from here on
  } else if (is_chunked_) {
    framing_ = Framing::chunked;
    left_ = 0;
  } else if (has_length_) {
    framing_ = Framing::length;
    if (left_ == 0) state_ = State::done;
  } else {
    framing_ = Framing::close;
    keep_alive_ = false;
  }
}

std::size_t ResponseReader::take_body(std::string_view bytes) {
  if (state_ != State::body) return 0;
  if (framing_ == Framing::chunked) return take_chunked(bytes);
  if (framing_ == Framing::close) return bytes.size();
  const auto taken = std::min<std::uint64_t>(left_, bytes.size());
  left_ -= taken;
  if (left_ == 0) state_ = State::done;
  return taken;
}

std::size_t ResponseReader::take_chunked(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ == State::body) {
    if (chunk_ == Chunk::data && left_ > 0) {
      const auto part = std::min<std::uint64_t>(left_, bytes.size() - at);
      left_ -= part;
      at += part;
    } else {
      take_chunk_byte(bytes[at++]);
    }
  }
  return at;
}

void ResponseReader::take_chunk_byte(char c) {
  switch (chunk_) {
    case Chunk::size:
      take_size_byte(c);
      break;
    case Chunk::extension:
      if (c == '\n') chunk_ = left_ > 0 ? Chunk::data : Chunk::trailer_start;
      break;
    case Chunk::data:  // its end: a line end of its own
      if (c != '\r') state_ = State::broken;
      chunk_ = Chunk::data_end;
      break;
    case Chunk::data_end:
      if (c != '\n') state_ = State::broken;
      has_digit_ = false;
      chunk_ = Chunk::size;
      break;
    case Chunk::trailer_start:
      if (c == '\n')
        state_ = State::done;
      else if (c != '\r')
        chunk_ = Chunk::trailer;
      break;
    case Chunk::trailer:
      if (c == '\n') chunk_ = Chunk::trailer_start;
      break;
  }
}

void ResponseReader::take_size_byte(char c) {
  const char low = lowered(c);
  const bool letter = low >= 'a' && low <= 'f';
  if (is_digit(c) || letter) {
    if (left_ >> 59 != 0) state_ = State::broken;  // the next digit would not fit
    left_ = left_ * 16 + static_cast<std::uint64_t>(letter ? low - 'a' + 10 : c - '0');
    has_digit_ = true;
  } else if (has_digit_ && (c == '\r' || c == ';' || c == ' ')) {
    chunk_ = Chunk::extension;
  } else {
    state_ = State::broken;
  }
}

}  // namespace sweetspot::engine
