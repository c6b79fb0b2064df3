#include "service/proxy/framing/chunk_decoder.hpp"

#include <algorithm>

#include "service/proxy/framing/byte_sets.hpp"
#include "service/proxy/framing/fields.hpp"

namespace sweetspot::proxy {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkDecoder::Result ChunkDecoder::feed(std::string_view bytes, std::size_t& used,
                                        std::vector<Piece>& pieces) {
  const auto pass_on = [&](std::size_t from, std::size_t count, bool is_payload) {
    const std::string_view piece = bytes.substr(from, count);
    if (!pieces.empty() && pieces.back().is_payload == is_payload &&
        pieces.back().bytes.data() + pieces.back().bytes.size() == piece.data()) {
      pieces.back().bytes = {pieces.back().bytes.data(), pieces.back().bytes.size() + count};
    } else {
      pieces.push_back({piece, is_payload});
    }
  };
  used = 0;
  while (used < bytes.size() && state_ != State::end) {
    if (state_ == State::data) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
      pass_on(used, count, true);
      used += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_cr;
      continue;
    }
    if (state_ == State::trailers) {
      const std::size_t end = bytes.find('\n', used);
      const std::size_t size = (end == std::string_view::npos ? bytes.size() : end + 1) - used;
      if (trailer_bytes_ + size > most_trailer_bytes) return Result::malformed;
      if (end == std::string_view::npos) return Result::more;
      const std::string_view line = bytes.substr(used, size);
      trailer_bytes_ += size;
      if (line == "\r\n") {
        state_ = State::end;
        pass_on(used, size, false);
      } else if (!takes_trailer(line)) {
        return Result::malformed;
      } else if (passes_trailers_ && may_trail(line.substr(0, line.find(':')))) {
        pass_on(used, size, false);
      }
      used += size;
      continue;
    }
    const State before = state_;
    if (!step(bytes[used])) return Result::malformed;
    if (is_framing(before)) pass_on(used, 1, false);
    ++used;
  }
  return state_ == State::end ? Result::end : Result::more;
}

bool ChunkDecoder::step(char c) {
  switch (state_) {
    case State::size_begin:
      left_ = 0;
      digits_ = 0;
      state_ = State::size;
      [[fallthrough]];
    case State::size:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (++digits_ > 16 || left_ >> 59 != 0) return false;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return true;
      }
      if (digits_ == 0) return false;
      if (c == '\r') return state_ = State::size_lf, true;
      if (c == ';') return state_ = State::extension_begin, true;
      if (c == ' ' || c == '\t') return state_ = State::extension_space, true;
      return false;
    case State::extension_space:  // only before an extension
      if (++extension_bytes_ > most_extension_bytes) return false;
      if (c == ';') return state_ = State::extension_begin, true;
      return c == ' ' || c == '\t';
    case State::extension_begin:  // has a name
      if (++extension_bytes_ > most_extension_bytes) return false;
      if (holds(token_bytes, c)) return state_ = State::extension, true;
      return c == ' ' || c == '\t';
    case State::extension:
      if (c == '\r') return state_ = State::size_lf, true;
      return is_value_byte(c) && ++extension_bytes_ <= most_extension_bytes;
    case State::size_lf:
      return c == '\n' && begin_data();
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_begin;
      return c == '\n';
    case State::trailers:
    case State::data:
    case State::end:
      break;
  }
  return false;
}

bool ChunkDecoder::begin_data() {
  state_ = left_ == 0 ? State::trailers : State::data;
  return true;
}

// A field line, as in a head.
bool ChunkDecoder::takes_trailer(std::string_view line) {
  if (line.size() < 2) return false;
  const char* const begin = line.data();
  const char* const end = begin + line.size() - 2;
  const char* const colon = skip_token(begin, end);
  if (colon == begin || colon == end || *colon != ':') return false;
  return skip_value(colon + 1, end) == end && end[0] == '\r';
}

// Of a line with an extension, its digits and its CRLF.
bool ChunkDecoder::is_framing(State before) const {
  switch (before) {
    case State::size_begin:
    case State::size:
      return state_ == State::size || state_ == State::size_lf;
    case State::extension:
      return state_ == State::size_lf;
    case State::size_lf:
    case State::data_cr:
    case State::data_lf:
      return true;
    default:
      return false;
  }
}

}  // namespace sweetspot::proxy
