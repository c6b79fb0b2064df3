#include "service/log_tellers.hpp"

#include <gmock/gmock.h>

namespace sweetspot::service {
namespace {

using testing::HasSubstr;

std::string told(tuner::Reason reason, int from, int to) {
  control::Decision decision;
  decision.verdict.reason = reason;
  decision.verdict.from = from;
  decision.verdict.to = to;
  decision.verdict.sentence = "why";
  testing::internal::CaptureStderr();
  tell(observe::Log({}), decision);
  return testing::internal::GetCapturedStderr();
}

TEST(LogTellers, tell_what_moves_the_limit_or_stops_the_tuner_but_not_each_verdict) {
  EXPECT_THAT(told(tuner::Reason::throughput_gain, 8, 16),
              HasSubstr("info limit_changed from=8 to=16 reason=throughput_gain"));
  EXPECT_EQ(told(tuner::Reason::plateau, 8, 8), "");
  EXPECT_THAT(told(tuner::Reason::paused, 8, 8), HasSubstr("info tuning_paused from=8 to=8"));
  EXPECT_THAT(told(tuner::Reason::resumed, 8, 8), HasSubstr("info tuning_resumed from=8 to=8"));
  EXPECT_THAT(told(tuner::Reason::outage, 8, 8), HasSubstr("warning outage from=8 to=8"));
}

}  // namespace
}  // namespace sweetspot::service
