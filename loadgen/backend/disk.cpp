#include "loadgen/backend/disk.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sweetspot::backend {
namespace {

struct Knot {
  double n, value;
};

// Of a disk with parallelism 4 and a service time of 10 ms; others are stretched from it.
constexpr std::array<Knot, 6> rates{{{0, 0}, {1, 100}, {4, 400}, {8, 600}, {16, 700}, {32, 720}}};
constexpr std::array<Knot, 5> spreads{{{4, 0}, {8, 0.055}, {16, 0.125}, {32, 0.28}, {64, 0.40}}};
constexpr double reference_parallelism = 4;
constexpr double reference_service_time = 0.010;

template <std::size_t N>
double between(const std::array<Knot, N>& knots, double n) {
  if (n <= knots.front().n) return knots.front().value;
  const auto right =
      std::find_if(knots.begin(), knots.end(), [n](const Knot& knot) { return n <= knot.n; });
  if (right == knots.end()) return knots.back().value;
  const auto left = std::prev(right);
  return left->value + (right->value - left->value) * (n - left->n) / (right->n - left->n);
}

}  // namespace

Disk::Disk(const DiskSettings& settings) : settings_(settings), random_(settings.seed) {}

double Disk::rate(double n) const {
  const double stretch = settings_.parallelism / reference_parallelism;
  const double speed = reference_service_time / tuner::seconds(settings_.service_time);
  return between(rates, n / stretch) * stretch * speed;
}

double Disk::spread(double n) const {
  return between(spreads, n * reference_parallelism / settings_.parallelism);
}

double Disk::pace() const {
  const double n = in_flight();
  return rate(n) / n;
}

double Disk::draw_work() {
  switch (settings_.distribution) {
    case Distribution::constant:
      return 1;
    case Distribution::exponential:
      return std::exponential_distribution<double>(1)(random_);
    case Distribution::lognormal:
      break;
  }
  // The request itself counts among those that crowd it.
  const double sigma = spread(in_flight() + 1);
  const double z = std::normal_distribution<double>()(random_);
  return std::exp(sigma * z - sigma * sigma / 2);  // mean 1 at every sigma
}

std::optional<TimePoint> Disk::next_departure() const {
  if (jobs_.empty()) return {};
  const double wait = std::max(0.0, jobs_.top().finish - work_) / pace();
  return clock_ + Duration(static_cast<Duration::rep>(std::ceil(wait * 1e9)));
}

const std::vector<Disk::Departure>& Disk::advance(TimePoint now) {
  departed_.clear();
  for (auto next = next_departure(); next && *next <= now; next = next_departure()) {
    work_ = jobs_.top().finish;
    clock_ = std::max(clock_, *next);
    departed_.push_back({jobs_.top().tag, clock_, work_});
    jobs_.pop();
    ++uncollected_;
  }
  if (in_flight() > 0) work_ += pace() * tuner::seconds(std::max(now - clock_, Duration::zero()));
  clock_ = std::max(clock_, now);
  return departed_;
}

void Disk::collect(const Departure& departure) {
  --uncollected_;
  done_ahead_ += std::min(work_ - departure.work, 1.0);  // a place holds one request, no more
  if (in_flight() == 0) work_ = 0;  // an idle moment keeps the clock of work precise
}

void Disk::start(void* tag, TimePoint now) {
  clock_ = std::max(clock_, now);
  const double work = draw_work();
  const double ahead = std::min(work, done_ahead_);
  done_ahead_ -= ahead;
  jobs_.push({work_ + work - ahead, tag});
}

}  // namespace sweetspot::backend
