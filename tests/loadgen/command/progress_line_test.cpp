#include "loadgen/command/progress_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ProgressLine, shows_how_far_it_is) {
  const RunOptions options{.duration = 10s};
  RunLine line(options);
  engine::Progress progress{.phase = engine::Phase::measure, .elapsed = 4s, .requests = 400};
  line.show(progress);
  progress.elapsed = 5s;
  progress.requests = 600;
  progress.latencies[0].record(7ms, 10);
  line.show(progress);
  EXPECT_THAT(line.text(progress), HasSubstr("[##########..........]  50 %  200/s  p99 7."));
  EXPECT_THAT(line.text(progress), HasSubstr("  5 s left"));
}

}  // namespace
}  // namespace sweetspot::loadgen
