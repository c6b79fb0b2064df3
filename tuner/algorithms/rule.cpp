#include "tuner/algorithms/rule.hpp"

namespace sweetspot::tuner::algorithms {

namespace {

class Fixed : public Rule {
 public:
  explicit Fixed(double initial) : limit_(initial) {}
  double update(const Window&, TimePoint) override { return limit_; }
  void set_limit(double limit) override { limit_ = limit; }
  Duration tick() const override { return std::chrono::milliseconds(100); }

 private:
  double limit_;
};

}  // namespace

std::unique_ptr<Rule> make_fixed(double initial) { return std::make_unique<Fixed>(initial); }

std::unique_ptr<Rule> make_rule(Algorithm algorithm, double initial) {
  switch (algorithm) {
    case Algorithm::gradient:
      return make_gradient(initial);
    case Algorithm::gradient2:
      return make_gradient2(initial);
    case Algorithm::vegas:
      return make_vegas(initial);
    case Algorithm::aimd:
      return make_aimd(initial);
    case Algorithm::sweetspot:
    case Algorithm::fixed:
      break;
  }
  return make_fixed(initial);
}

}  // namespace sweetspot::tuner::algorithms
