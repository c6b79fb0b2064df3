#include "service/control/leak_watch.hpp"

#include <gtest/gtest.h>

namespace sweetspot::control {
namespace {

TEST(LeakWatch, counts_permits_that_stay_without_a_connection) {
  LeakWatch watch;
  for (int i = 0; i < 3; ++i) watch.observe(5, 3);
  EXPECT_EQ(watch.leaked(), 2u);
}

TEST(LeakWatch, ignores_what_goes_away_again) {
  LeakWatch watch;
  watch.observe(5, 3);
  watch.observe(5, 5);
  watch.observe(9, 3);
  EXPECT_EQ(watch.leaked(), 0u);
}

TEST(LeakWatch, counts_a_lost_permit_once) {
  LeakWatch watch;
  for (int i = 0; i < 12; ++i) watch.observe(1, 0);
  EXPECT_EQ(watch.leaked(), 1u);
}

}  // namespace
}  // namespace sweetspot::control
