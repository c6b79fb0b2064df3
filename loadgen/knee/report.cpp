#include "loadgen/knee/report.hpp"

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {

std::string format_knee(const tuner::Knee& knee, tuner::Objective objective) {
  std::string text = knee.sentence + "\n";
  if (knee.sweet_spot) {
    text += format("between %d and %d, confidence %.0f %%, reason %s\n", knee.low, knee.high,
                   100 * knee.confidence, knee.reason.c_str());
  }
  const auto answer = knee.sweet_spot ? std::to_string(*knee.sweet_spot) : "not reached";
  text +=
      format("sweet spot: %s (%s)\n", answer.c_str(), std::string(to_string(objective)).c_str());
  return text;
}

}  // namespace sweetspot::loadgen
