#include "tuner/recording.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <istream>
#include <sstream>

#include "tuner/sentence.hpp"

namespace sweetspot::tuner {

namespace {

constexpr std::string_view magic = "sweetspot-windows";
constexpr int version = 1;

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
  Line& maybe(const std::optional<Duration>& value) { return value ? number(value->count()) : word("-"); }
  std::string end() { return std::move(text_) + "\n"; }

 private:
  std::string text_;
};

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

 private:
  template <typename Number>
  Number parse(const std::string& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) bad_ = true;
    return value;
  }

  std::istringstream line_;
  bool bad_ = false;
};

std::optional<Tuner> read_start(Reader& reader) {
  Settings s;
  if (reader.word() != magic || reader.number<int>() != version) return std::nullopt;
  const auto algorithm = algorithm_from(reader.word());
  const auto objective = objective_from(reader.word());
  s.e_star = reader.maybe<double>();
  s.p99_bound = reader.maybe_duration();
  s.initial = reader.number<int>();
  s.min = reader.number<int>();
  s.max = reader.number<int>();
  s.late_after = reader.maybe_duration();
  s.remembered = reader.number<int>() != 0;
  s.exploration = reader.number<double>();
  s.settled_exploration = reader.number<double>();
  const TimePoint at = reader.at();
  if (reader.bad() || !algorithm || !objective) return std::nullopt;
  s.algorithm = *algorithm;
  s.objective = *objective;
  return Tuner(s, at);
}

Window read_window(Reader& reader) {
  Window w;
  w.limit = reader.number<int>();
  w.epoch = reader.number<std::uint64_t>();
  w.span = Duration(reader.number<Duration::rep>());
  for (auto* count : {&w.successes, &w.failures, &w.aborts, &w.shed}) *count = reader.number<std::uint64_t>();
  w.in_flight_seconds = reader.number<double>();
  w.queued_seconds = reader.number<double>();
  w.at_limit = Duration(reader.number<Duration::rep>());
  w.queue_fill = reader.number<double>();
  reader.buckets(w.latency);
  return w;
}

// False where the record is not understood.
bool play(Reader& reader, Tuner& tuner, const std::function<void(const Verdict&)>& take) {
  const std::string kind = reader.word();
  const TimePoint at = reader.at();
  if (kind == "w") {
    const Window window = read_window(reader);
    if (reader.bad()) return false;
    if (const auto step = tuner.step(window, at); step.verdict) take(*step.verdict);
    return true;
  }
  const int limit = kind == "pin" ? reader.number<int>() : 0;
  if (reader.bad() || (kind != "pin" && kind != "retune")) return false;
  take(kind == "pin" ? tuner.pin(limit, at) : tuner.retune(at));
  return true;
}

}  // namespace

std::string encode_start(const Settings& s, TimePoint at) {
  return Line(magic).number(version).word(to_string(s.algorithm)).word(to_string(s.objective))
      .maybe(s.e_star).maybe(s.p99_bound).number(s.initial).number(s.min).number(s.max)
      .maybe(s.late_after).number(s.remembered ? 1 : 0).number(s.exploration)
      .number(s.settled_exploration).at(at).end();
}

std::string encode_window(const Window& w, TimePoint at) {
  Line line("w");
  line.at(at).number(w.limit).number(w.epoch).number(w.span.count());
  for (auto count : {w.successes, w.failures, w.aborts, w.shed}) line.number(count);
  line.number(w.in_flight_seconds).number(w.queued_seconds).number(w.at_limit.count()).number(w.queue_fill);
  for (std::size_t i = 0; !w.latency.empty() && i < Buckets::count; ++i) {
    if (w.latency.at(i) == 0) continue;
    line.word(std::to_string(i) + ":" + std::to_string(w.latency.at(i)));
  }
  return line.end();
}

std::string encode_pin(int limit, TimePoint at) { return Line("pin").at(at).number(limit).end(); }

std::string encode_retune(TimePoint at) { return Line("retune").at(at).end(); }

std::optional<std::string> replay(std::istream& recording,
                                  const std::function<void(const Verdict&)>& take) {
  std::string line;
  std::getline(recording, line);
  Reader start(line);
  auto tuner = read_start(start);
  if (!tuner) return "line 1: found no header of a recording of this version";
  for (int number = 2; std::getline(recording, line); ++number) {
    if (recording.eof()) break;  // cut short
    Reader reader(line);
    if (!play(reader, *tuner, take)) return "line " + std::to_string(number) + ": found " + line.substr(0, 60);
  }
  return std::nullopt;
}

std::optional<SecondOpinion> second_opinion(const Verdict& v, Objective objective) {
  if (!v.lo || !v.hi || v.lo->throughput <= 0 || v.hi->throughput <= 0 || v.z == 0) return std::nullopt;
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
                     comparison_words({.lo_limit = v.lo->limit, .hi_limit = v.hi->limit, .gain = gain,
                                       .growth = growth, .e_star = opinion.e_star,
                                       .lo_p99 = v.lo->p99, .hi_p99 = v.hi->p99});
  return opinion;
}

}  // namespace sweetspot::tuner
