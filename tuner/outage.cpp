#include "tuner/outage.hpp"

#include <algorithm>

#include "tuner/slicer.hpp"

namespace sweetspot::tuner {

namespace {

constexpr double nothing = 0.05;     // of what should succeed, at most: an outage
constexpr double most_missing = 20;  // successes in a row that should have come
// ... or so many residences' worth of what is in flight. What was granted at one instant may come
// back at one instant, and later than usual where a larger limit is tried: until then nothing does.
constexpr double cohorts = 3;
constexpr double alive = 0.25;       // of what should succeed: it is over
constexpr std::uint64_t enough = 3;  // successes to say so
constexpr std::uint64_t enough_of_slow = 40;
constexpr Duration slow_after = std::chrono::seconds(2);  // or four residences

double expected(const Window& window, Duration residence) {
  return window.in_flight_seconds / seconds(residence);
}

}  // namespace

OutageWatch::Event OutageWatch::add(const Window& window, Duration residence) {
  if (residence <= Duration::zero()) return on_ ? Event::goes_on : Event::none;
  if (!on_) {
    const double came = static_cast<double>(window.successes) / nothing;
    const double enough_missing = std::max(most_missing, cohorts * window.mean_in_flight());
    missing_ = std::clamp(missing_ + expected(window, residence) - came, 0.0, 2 * enough_missing);
    if (missing_ < enough_missing) return Event::none;
    *this = OutageWatch();
    on_ = true;
    return Event::began;
  }
  lasted_ += window.span;
  seen_.merge(window);
  lately_.merge(window);
  if (is_over(residence)) {
    on_ = false;
    return Event::ended;
  }
  if (lasted_ < std::max(slow_after, 4 * residence) || seen_.successes < enough_of_slow)
    return Event::goes_on;
  on_ = false;
  return Event::slow;
}

bool OutageWatch::is_over(Duration residence) {
  const double due = expected(lately_, residence);
  const bool is_alive = lately_.successes >= enough && lately_.successes > lately_.failures &&
                        static_cast<double>(lately_.successes) > alive * due;
  const bool is_judged = due > most_missing || static_cast<double>(lately_.failures) > most_missing;
  if (is_alive || is_judged) lately_ = Window();
  return is_alive;
}

}  // namespace sweetspot::tuner
