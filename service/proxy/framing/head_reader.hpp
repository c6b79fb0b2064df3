#pragma once

#include <cstring>
#include <type_traits>

#include "service/proxy/framing/byte_sets.hpp"
#include "service/proxy/framing/fields.hpp"
#include "service/proxy/framing/head.hpp"

namespace sweetspot::proxy {

// What requests and responses share. Reads one head, or the beginning of one, from left to right,
// once, and keeps where things are. What does not follow the grammar to the byte is refused where
// it stands; what may still become a head is incomplete.
template <typename HeadType>
class HeadReader {
 protected:
  enum class Step { done, more, bad };
  static constexpr bool is_request = std::is_same_v<HeadType, RequestHead>;

  HeadReader(std::string_view bytes, const HeadLimits& limits, HeadType& head)
      : base_(bytes.data()), at_(base_), end_(base_ + bytes.size()), limits_(limits), head_(head) {
    head_.size = 0;
    head_.lines.clear();
    head_.framing = Framing::none;
    head_.length = 0;
    head_.names_length = head_.length_is_kept = head_.nominates = false;
    head_.line_is_kept = true;
    head_.upgrade = {};
  }

  Range range(const char* begin, const char* end) const {
    return {static_cast<std::uint32_t>(begin - base_), static_cast<std::uint32_t>(end - base_)};
  }
  std::string_view text(Range range) const { return range.in(base_); }

  Step refuse(Refusal why) {
    refusal_ = why;
    return Step::bad;
  }
  Step malformed() {
    return refuse(has_first_line_ ? Refusal::malformed_field : Refusal::malformed_line);
  }

  // What is expected next, to the byte.
  Step expect(std::string_view what) {
    for (const char c : what) {
      if (at_ == end_) return Step::more;
      if (*at_ != c) return malformed();
      ++at_;
    }
    return Step::done;
  }

  Step expect_line_end() {
    if (end_ - at_ < 2) return expect("\r\n");
    if (at_[0] != '\r' || at_[1] != '\n') return malformed();
    at_ += 2;
    return Step::done;
  }

  // HTTP-version (RFC 9112, section 2.3).
  Step read_version() {
    if (end_ - at_ >= 8 && std::memcmp(at_, "HTTP/1.1", 8) == 0) {
      head_.is_http_1_0 = false;
      at_ += 8;
      return Step::done;
    }
    if (const Step step = expect("HTTP/"); step != Step::done) return step;
    for (int i = 0; i < 3; ++i) {
      if (at_ + i == end_) return Step::more;
      if (i == 1 ? at_[i] != '.' : !is_digit(at_[i])) return malformed();
    }
    is_foreign_ = at_[0] != '1' || at_[2] > '1';
    head_.is_http_1_0 = at_[2] == '0';
    if (head_.is_http_1_0) head_.line_is_kept = false;  // we speak 1.1
    at_ += 3;
    return Step::done;
  }

  // Field lines up to the empty line (RFC 9112, section 5). Folded ones are refused, as section 5.2
  // allows, since not everybody behind us unfolds them alike.
  Step read_fields() {
    for (;;) {
      if (at_ == end_) return Step::more;
      if (*at_ == '\r') return expect_line_end();
      if (head_.lines.size() >= limits_.fields) return refuse(Refusal::too_many_fields);
      const char* const name = at_;
      at_ = skip_token(at_, end_);
      const char* const name_end = at_;
      if (at_ == end_) return Step::more;
      if (name == name_end || *at_ != ':') return malformed();
      do ++at_;
      while (at_ != end_ && is_blank(*at_));
      const char* const value = at_;
      at_ = skip_value(at_, end_);
      const char* value_end = at_;
      if (const Step step = expect_line_end(); step != Step::done) return step;
      while (value_end != value && is_blank(value_end[-1])) --value_end;

      FieldLine& line = head_.lines.emplace_back();
      line.name = range(name, name_end);
      line.value = range(value, value_end);
      line.line = range(name, at_);
      if (const Step step = judge(line); step != Step::done) return step;
    }
  }

  Step judge(FieldLine& line) {
    const Field field = field_named(text(line.name));
    if (field == Field::other) return Step::done;
    const std::string_view value = text(line.value);
    switch (field) {
      case Field::content_length: {
        const auto length = parse_length(value);
        if (has_length_ || !length) return refuse(Refusal::ambiguous_framing);
        has_length_ = line.is_framing = true;
        head_.length = *length;
        head_.names_length = true;
        // Equal values may be written differently, which not everybody reads alike.
        line.is_kept = head_.length_is_kept = value.size() == 1 || value.front() != '0';
        break;
      }
      case Field::transfer_encoding:
        if (has_coding_) return refuse(Refusal::ambiguous_framing);
        has_coding_ = line.is_framing = true;
        line.is_kept = false;
        coding_ = parse_coding(value);
        break;
      case Field::connection:
        has_connection_ = line.is_connection = true;
        line.is_kept = false;
        break;
      case Field::upgrade:
        upgrade_ = line.value;
        line.is_kept = false;
        break;
      case Field::keep_alive:
      case Field::proxy_connection:
        line.is_kept = false;
        break;
      default:
        if constexpr (is_request) return judge_of_request(field, value, line);
        break;
    }
    return Step::done;
  }

  Step judge_of_request(Field field, std::string_view value, FieldLine& line) {
    switch (field) {
      case Field::host:
        if (has_host_ || !is_authority(value)) return refuse(Refusal::invalid_host);
        has_host_ = line.is_framing = true;
        // The target's authority wins over the field (RFC 9112, section 3.2.2).
        line.is_kept = !head_.is_absolute;
        if (!head_.is_absolute) head_.authority = line.value;
        break;
      case Field::te:
        line.is_kept = false;
        if (!head_.is_http_1_0 && lists(value, "trailers")) head_.accepts_trailers = true;
        break;
      case Field::expect:
        line.is_kept = false;
        if (head_.is_http_1_0) break;  // to be ignored (RFC 9110, section 10.1.1)
        if (!equals_ignoring_case(value, "100-continue"))
          return refuse(Refusal::unknown_expectation);
        head_.expects_continue = true;
        break;
      case Field::max_forwards:
        if (head_.method != Method::options) break;
        head_.max_forwards = parse_length(value);
        if (!head_.max_forwards) return malformed();
        line.is_kept = false;
        break;
      default:
        break;
    }
    return Step::done;
  }

  // Which lines the sender has nominated for this connection only (RFC 9110, section 7.6.1).
  Step follow_connection() {
    bool close = false, keep_alive = false;
    for (std::size_t i = 0; has_connection_ && i < head_.lines.size(); ++i) {
      if (!head_.lines[i].is_connection) continue;
      std::string_view options = text(head_.lines[i].value);
      while (const auto option = next_element(options)) {
        if (equals_ignoring_case(*option, "close")) {
          close = true;
        } else if (equals_ignoring_case(*option, "keep-alive")) {
          keep_alive = true;
        } else if (equals_ignoring_case(*option, "upgrade")) {
          // A tunnel to HTTP/2 would lead past all that is judged here.
          if (!head_.is_http_1_0 && !lists(text(upgrade_), "h2c")) head_.upgrade = upgrade_;
        } else if (!equals_ignoring_case(*option, "te")) {
          const char* const end = option->data() + option->size();
          if (skip_token(option->data(), end) != end) return malformed();
          nominate(*option);
        }
      }
    }
    head_.keeps_alive = !close && (!head_.is_http_1_0 || keep_alive);
    return Step::done;
  }

  void nominate(std::string_view name) {
    head_.nominates = true;
    for (FieldLine& line : head_.lines) {
      if (!line.is_framing && equals_ignoring_case(text(line.name), name)) line.is_kept = false;
    }
  }

  Parsed outcome(Step step) {
    const auto size = static_cast<std::size_t>(end_ - base_);
    const auto used = static_cast<std::size_t>(at_ - base_);
    if (step == Step::done ? used > limits_.bytes : step == Step::more && size >= limits_.bytes) {
      step = refuse(has_first_line_ ? Refusal::head_too_large : Refusal::target_too_long);
    }
    if (step == Step::more) return Parsed::incomplete;
    if (step == Step::bad) return Parsed::refused;
    head_.size = used;
    return Parsed::complete;
  }

  const char* const base_;
  const char* at_;
  const char* const end_;
  const HeadLimits& limits_;
  HeadType& head_;
  Refusal refusal_{};
  bool has_first_line_ = false, is_foreign_ = false;
  bool has_length_ = false, has_coding_ = false, has_connection_ = false, has_host_ = false;
  Coding coding_ = Coding::unknown;
  Range upgrade_;
};

}  // namespace sweetspot::proxy
