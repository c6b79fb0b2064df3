#include "tuner/replay.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <istream>
#include <sstream>
#include <type_traits>

#include "tuner/recording.hpp"
#include "tuner/sentence.hpp"

namespace sweetspot::tuner {

namespace {

constexpr int largest_limit = 1'000'000;

class Reader {
 public:
  explicit Reader(const std::string& line) : line_(line) {}

  std::string word() {
    std::string word;
    if (!(line_ >> word)) bad_ = true;
    return word;
  }
  template <typename Number>
  Number number() {
    return parse<Number>(word());
  }
  int limit() {
    const int limit = number<int>();
    if (limit < 1 || limit > largest_limit) bad_ = true;
    return limit;
  }
  TimePoint at() { return TimePoint(Duration(number<Duration::rep>())); }
  template <typename Number>
  std::optional<Number> maybe() {
    const std::string text = word();
    if (text == "-") return std::nullopt;
    return parse<Number>(text);
  }
  std::optional<Duration> maybe_duration() {
    const auto count = maybe<Duration::rep>();
    return count ? std::optional(Duration(*count)) : std::nullopt;
  }
  // What is left of the line.
  std::string rest() {
    std::string text;
    std::getline(line_ >> std::ws, text);
    return text;
  }
  // BUCKET:COUNT, until the line's end.
  void buckets(Histogram& into) {
    for (std::string pair; line_ >> pair;) {
      const auto colon = pair.find(':');
      if (colon == std::string::npos) return void(bad_ = true);
      const auto index = parse<std::size_t>(pair.substr(0, colon));
      const auto count = parse<std::uint64_t>(pair.substr(colon + 1));
      if (index >= Buckets::count) return void(bad_ = true);
      into.add_bucket(index, count);
    }
  }
  bool bad() const { return bad_; }
  void fail() { bad_ = true; }

 private:
  template <typename Number>
  Number parse(const std::string& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) bad_ = true;
    if constexpr (std::is_floating_point_v<Number>)
      if (!std::isfinite(value)) bad_ = true;
    return value;
  }

  std::istringstream line_;
  bool bad_ = false;
};

struct Header {
  int piece = 0;
  TimePoint at{};
  Settings settings;
};

std::optional<Header> read_header(const std::string& line) {
  Reader reader(line);
  Header h;
  Settings& s = h.settings;
  if (reader.word() != recording_magic || reader.number<int>() != recording_version)
    return std::nullopt;
  h.piece = reader.number<int>();
  h.at = reader.at();
  const auto algorithm = algorithm_from(reader.word());
  const auto objective = objective_from(reader.word());
  s.e_star = reader.maybe<double>();
  s.p99_bound = reader.maybe_duration();
  s.initial = reader.limit();
  s.min = reader.limit();
  s.max = reader.limit();
  s.late_after = reader.maybe_duration();
  s.remembered = reader.number<int>() != 0;
  s.in_turns = reader.number<int>() != 0;
  s.exploration = reader.number<double>();
  s.settled_exploration = reader.number<double>();
  const bool is_sound = !reader.bad() && h.piece >= 1 && s.min <= s.max && algorithm && objective;
  if (!is_sound) return std::nullopt;
  s.algorithm = *algorithm;
  s.objective = *objective;
  return h;
}

Window read_window(Reader& reader) {
  Window w;
  w.limit = reader.limit();
  w.epoch = reader.number<std::uint64_t>();
  w.span = Duration(reader.number<Duration::rep>());
  for (auto* count : {&w.successes, &w.failures, &w.aborts, &w.shed})
    *count = reader.number<std::uint64_t>();
  w.in_flight_seconds = reader.number<double>();
  w.queued_seconds = reader.number<double>();
  w.at_limit = Duration(reader.number<Duration::rep>());
  w.queue_fill = reader.number<double>();
  reader.buckets(w.latency);
  return w;
}

Verdict read_verdict(Reader& reader, TimePoint at) {
  Verdict v;
  v.at = at;
  v.sequence = reader.number<std::uint64_t>();
  v.from = reader.number<int>();
  v.to = reader.number<int>();
  const std::string reason = reader.word();
  const auto known = std::find_if(all_reasons().begin(), all_reasons().end(),
                                  [&](Reason r) { return to_string(r) == reason; });
  if (known != all_reasons().end())
    v.reason = *known;
  else
    reader.fail();
  v.sentence = reader.rest();
  if (v.to < 1 || v.sentence.empty()) reader.fail();
  return v;
}

// Plays the records of one recording, line by line.
class Player {
 public:
  Player(Replay& replay, const std::function<void(const Verdict&)>& take)
      : replay_(replay), take_(take) {}

  bool begin(const std::string& line) {
    const auto header = read_header(line);
    if (!header) return false;
    piece_ = header->piece;
    began_ = header->at;
    replay_.is_whole = piece_ == 1;
    // Without its begin nobody knows what the tuner knew: its verdicts are shown as they were.
    if (replay_.is_whole) tuner_.emplace(header->settings, header->at);
    return true;
  }

  bool play(const std::string& line) {
    if (line.starts_with(recording_magic)) return continues(line);
    Reader reader(line);
    const std::string kind = reader.word();
    const TimePoint at = reader.at();
    if (kind == "v") return compare(reader, at);
    if (kind == "w") {
      const Window window = read_window(reader);
      if (reader.bad()) return false;
      if (tuner_) said(tuner_->step(window, at).verdict);
      return true;
    }
    return order(kind, reader, at);
  }

 private:
  bool continues(const std::string& line) {
    const auto header = read_header(line);
    return header && header->at == began_ && header->piece == ++piece_;
  }

  bool order(const std::string& kind, Reader& reader, TimePoint at) {
    const auto obeyed = [&](auto order) {
      if (reader.bad()) return false;
      if (tuner_) said(order(*tuner_));
      return true;
    };
    if (kind == "unpin") return obeyed([&](Tuner& t) { return t.unpin(at); });
    if (kind == "retune") return obeyed([&](Tuner& t) { return t.retune(at); });
    if (kind == "pause" || kind == "resume") {
      const std::string why = reader.rest();
      return obeyed(
          [&](Tuner& t) { return kind == "pause" ? t.pause(at, why) : t.resume(at, why); });
    }
    if (kind == "objective") {
      const auto objective = objective_from(reader.word());
      const auto bound = reader.maybe_duration();
      return objective && obeyed([&](Tuner& t) { return t.set_objective(*objective, bound, at); });
    }
    if (kind != "pin" && kind != "bounds" && kind != "turn" && kind != "adopt") return false;
    if (kind == "turn") {
      const bool allowed = reader.number<int>() != 0;
      const std::string why = reader.rest();
      return obeyed([&](Tuner& t) { return t.allow_exploration(allowed, why, at); });
    }
    const int limit = reader.limit();
    if (kind == "pin") return obeyed([&](Tuner& t) { return t.pin(limit, at); });
    if (kind == "bounds") {
      const int max = reader.limit();
      if (max < limit) reader.fail();
      return obeyed([&](Tuner& t) { return t.set_bounds(limit, max, at); });
    }
    const std::string source = reader.rest();
    return obeyed([&](Tuner& t) { return t.adopt(limit, source, at); });
  }

  void said(const std::optional<Verdict>& verdict) {
    if (!verdict) return;
    unheard_.push_back(*verdict);
    heard(*verdict);
  }

  void heard(const Verdict& verdict) {
    ++replay_.verdicts;
    take_(verdict);
  }

  bool compare(Reader& reader, TimePoint at) {
    const Verdict recorded = read_verdict(reader, at);
    if (reader.bad()) return false;
    if (!tuner_) {
      heard(recorded);
      return true;
    }
    const bool same = !unheard_.empty() && unheard_.front().at == recorded.at &&
                      unheard_.front().to == recorded.to &&
                      unheard_.front().reason == recorded.reason;
    if (!same && !replay_.difference) replay_.difference = recorded.sentence;
    if (!unheard_.empty()) unheard_.pop_front();
    return true;
  }

  Replay& replay_;
  const std::function<void(const Verdict&)>& take_;
  int piece_ = 0;
  TimePoint began_{};
  std::optional<Tuner> tuner_;
  std::deque<Verdict> unheard_;  // not yet compared with what was recorded
};

}  // namespace

std::optional<PieceOfRecording> piece_of_recording(const std::string& first_line) {
  const auto header = read_header(first_line);
  if (!header) return std::nullopt;
  return PieceOfRecording{header->piece, header->at};
}

Replay replay(std::istream& recording, const std::function<void(const Verdict&)>& take) {
  Replay result;
  Player player(result, take);
  std::string line;
  std::getline(recording, line);
  if (!player.begin(line)) {
    result.error = "line 1: found no header of a recording of this version";
    return result;
  }
  for (int number = 2; std::getline(recording, line); ++number) {
    if (recording.eof()) break;  // cut short
    if (player.play(line)) continue;
    result.error = "line " + std::to_string(number) + ": found " + line.substr(0, 60);
    break;
  }
  return result;
}

std::optional<SecondOpinion> second_opinion(const Verdict& v, Objective objective) {
  if (!v.lo || !v.hi || v.lo->throughput <= 0 || v.hi->throughput <= 0 || v.z == 0)
    return std::nullopt;
  const double gain = std::log(v.hi->throughput / v.lo->throughput);
  const double growth = std::log(std::max(v.hi->in_flight, 1e-3) / std::max(v.lo->in_flight, 1e-3));
  const double error = (gain - v.e_star * growth) / v.z;
  if (!(error > 0) || std::abs(growth) < 0.01) return std::nullopt;
  SecondOpinion opinion;
  opinion.e_star = default_e_star(objective);
  opinion.z = (gain - opinion.e_star * growth) / error;
  opinion.larger = opinion.z > 0;
  opinion.sentence = std::string(to_string(objective)) + " would prefer " +
                     std::to_string(opinion.larger ? v.hi->limit : v.lo->limit) + ": " +
                     comparison_words({.lo_limit = v.lo->limit,
                                       .hi_limit = v.hi->limit,
                                       .gain = gain,
                                       .growth = growth,
                                       .e_star = opinion.e_star,
                                       .lo_p99 = v.lo->p99,
                                       .hi_p99 = v.hi->p99});
  return opinion;
}

}  // namespace sweetspot::tuner
