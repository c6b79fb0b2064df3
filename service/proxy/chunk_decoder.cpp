#include "service/proxy/chunk_decoder.hpp"

#include <algorithm>

namespace sweetspot::proxy {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

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
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
      pass_on(used, count, true);
      used += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_cr;
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
      if (is_token_char(c)) return state_ = State::extension, true;
      return c == ' ' || c == '\t';
    case State::extension:
      if (c == '\r') return state_ = State::size_lf, true;
      return is_text(c) && ++extension_bytes_ <= most_extension_bytes;
    case State::size_lf:
      return c == '\n' && begin_data();
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_begin;
      return c == '\n';
    case State::trailer_begin:
      if (c == '\r') return state_ = State::end_lf, true;
      state_ = State::trailer_name;
      return is_token_char(c) && ++trailer_bytes_ <= most_trailer_bytes;
    case State::trailer_name:
      if (c == ':') state_ = State::trailer_value;
      return (c == ':' || is_token_char(c)) && ++trailer_bytes_ <= most_trailer_bytes;
    case State::trailer_value:
      if (c == '\r') return state_ = State::trailer_lf, true;
      return is_text(c) && ++trailer_bytes_ <= most_trailer_bytes;
    case State::trailer_lf:
      state_ = State::trailer_begin;
      return c == '\n';
    case State::end_lf:
      state_ = State::end;
      return c == '\n';
    case State::data:
    case State::end:
      break;
  }
  return false;
}

bool ChunkDecoder::begin_data() {
  state_ = left_ == 0 ? State::trailer_begin : State::data;
  return true;
}

// Of a line with an extension, its digits and its CRLF; of the trailers, the empty line.
bool ChunkDecoder::is_framing(State before) const {
  switch (before) {
    case State::size_begin:
    case State::size: return state_ == State::size || state_ == State::size_lf;
    case State::extension: return state_ == State::size_lf;
    case State::trailer_begin: return state_ == State::end_lf;
    case State::size_lf:
    case State::data_cr:
    case State::data_lf:
    case State::end_lf: return true;
    default: return false;
  }
}

}  // namespace sweetspot::proxy
