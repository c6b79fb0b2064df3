#include "tuner/recording.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace sweetspot::tuner {

namespace {

// Appends fields: numbers as the shortest text that reads back as the same number.
class Line {
 public:
  explicit Line(std::string_view kind) : text_(kind) {}

  Line& word(std::string_view word) {
    text_ += ' ';
    text_ += word;
    return *this;
  }
  template <typename Number>
  Line& number(Number value) {
    std::array<char, 40> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return word({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  Line& at(TimePoint t) { return number(t.time_since_epoch().count()); }
  Line& maybe(const std::optional<double>& value) { return value ? number(*value) : word("-"); }
  Line& maybe(const std::optional<Duration>& value) {
    return value ? number(value->count()) : word("-");
  }
  std::string end() { return std::move(text_) + "\n"; }

 private:
  std::string text_;
};

// A sentence of ours has one line; a comment of an operator's may not.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

Line order(std::string_view kind, TimePoint at) {
  Line line(kind);
  line.at(at);
  return line;
}

}  // namespace

std::string encode_start(const Settings& s, TimePoint at, int piece) {
  return Line(recording_magic)
      .number(recording_version)
      .number(piece)
      .at(at)
      .word(to_string(s.algorithm))
      .word(to_string(s.objective))
      .maybe(s.e_star)
      .maybe(s.p99_bound)
      .number(s.initial)
      .number(s.min)
      .number(s.max)
      .maybe(s.late_after)
      .number(s.remembered ? 1 : 0)
      .number(s.in_turns ? 1 : 0)
      .number(s.exploration)
      .number(s.settled_exploration)
      .end();
}

std::string encode_window(const Window& w, TimePoint at) {
  Line line = order("w", at);
  line.number(w.limit).number(w.epoch).number(w.span.count());
  for (auto count : {w.successes, w.failures, w.aborts, w.shed}) line.number(count);
  line.number(w.in_flight_seconds)
      .number(w.queued_seconds)
      .number(w.at_limit.count())
      .number(w.queue_fill);
  for (std::size_t i = 0; !w.latency.empty() && i < Buckets::count; ++i) {
    if (w.latency.at(i) == 0) continue;
    line.word(std::to_string(i) + ":" + std::to_string(w.latency.at(i)));
  }
  return line.end();
}

std::string encode_pin(int limit, TimePoint at) { return order("pin", at).number(limit).end(); }
std::string encode_unpin(TimePoint at) { return order("unpin", at).end(); }
std::string encode_retune(TimePoint at) { return order("retune", at).end(); }

std::string encode_pause(TimePoint at, const std::string& why) {
  return why.empty() ? order("pause", at).end() : order("pause", at).word(one_line(why)).end();
}

std::string encode_resume(TimePoint at, const std::string& why) {
  return why.empty() ? order("resume", at).end() : order("resume", at).word(one_line(why)).end();
}

std::string encode_objective(Objective objective, std::optional<Duration> p99_bound, TimePoint at) {
  return order("objective", at).word(to_string(objective)).maybe(p99_bound).end();
}

std::string encode_bounds(int min, int max, TimePoint at) {
  return order("bounds", at).number(min).number(max).end();
}

std::string encode_turn(bool allowed, const std::string& why, TimePoint at) {
  return order("turn", at).number(allowed ? 1 : 0).word(one_line(why)).end();
}

std::string encode_adopt(int limit, const std::string& source, TimePoint at) {
  return order("adopt", at).number(limit).word(one_line(source)).end();
}

std::string encode_verdict(const Verdict& v) {
  return order("v", v.at)
      .number(v.sequence)
      .number(v.from)
      .number(v.to)
      .word(to_string(v.reason))
      .word(one_line(v.sentence))
      .end();
}

}  // namespace sweetspot::tuner
