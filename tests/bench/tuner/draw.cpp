#include <cmath>
#include <random>
#include <string>

#include "tests/bench/tuner/scenario_file.hpp"

namespace sweetspot::bench {

namespace {

using namespace simulation;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  Scenario scenario(int number) {
    Scenario s;
    s.backend = backend();
    s.traffic = traffic();
    s.start = whole(1, 64);
    if (chance(0.6)) s.events = events();
    s.name = "draw_" + std::to_string(number) + "_" + label_;
    label_.clear();
    return s;
  }

 private:
  double between(double low, double high) {
    return std::exp(std::uniform_real_distribution<double>(std::log(low), std::log(high))(random_));
  }
  int whole(int low, int high) { return static_cast<int>(std::lround(between(low, high))); }
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  int pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  void label(const std::string& text) { label_ += (label_.empty() ? "" : "_") + text; }

  BackendSpec backend() {
    BackendSpec spec;
    spec.parallelism = whole(4, 48);
    spec.service = tuner::from_seconds(between(0.003, 0.05));
    static const char* names[] = {"deterministic", "exponential", "lognormal", "bimodal"};
    const int distribution = pick(4);
    spec.distribution = static_cast<Distribution>(distribution);
    spec.sigma = between(0.5, 1.5);
    spec.slow_share = between(0.02, 0.2);
    spec.slow_factor = between(3, 20);
    switch (pick(5)) {
      case 0:
        spec.kind = BackendKind::shared, label("shared");
        break;
      case 1:
        spec.kind = BackendKind::usl, label("usl");
        spec.contention = between(0.005, 0.05);
        spec.coherency = between(2e-4, 5e-3);
        break;
      case 2:
        label("io");
        spec.io = tuner::from_seconds(tuner::seconds(spec.service) * between(1, 5));
        spec.parallelism = whole(2, 8);
        break;
      case 3:
        spec.kind = BackendKind::disk, label("disk");
        break;
      default:
        label("servers");
    }
    if (spec.kind != BackendKind::disk) label(names[distribution]);
    return spec;
  }

  Traffic traffic() {
    Traffic t;
    t.load = between(0.7, 3);
    t.shape = static_cast<Traffic::Shape>(pick(4));
    t.swing = between(0.2, 0.6);
    t.period = tuner::from_seconds(between(1, 20));
    static const char* names[] = {"poisson", "mmpp", "diurnal", "bursts"};
    label(names[static_cast<int>(t.shape)]);
    return t;
  }

  std::vector<Event> events() {
    using What = Event::What;
    const Duration at = tuner::from_seconds(between(12, 25));
    switch (pick(4)) {
      case 0:
        label("capacity");
        return {{What::capacity, at, between(0.3, 3), {}, true}};
      case 1:
        label("slower");
        return {{What::speed, at, between(0.4, 1), {}, true}};
      case 2:
        label("load");
        return {{What::load, at, between(0.5, 2), {}, true}};
      default:
        label("latency");
        return {{What::latency, at, between(5, 80), {}, true}};
    }
  }

  std::mt19937_64 random_;
  std::string label_;
};

}  // namespace

std::vector<Scenario> draw_scenarios(int count, std::uint64_t seed) {
  Draw draw(seed);
  std::vector<Scenario> scenarios;
  for (int i = 1; i <= count; ++i) scenarios.push_back(draw.scenario(i));
  return scenarios;
}

}  // namespace sweetspot::bench
