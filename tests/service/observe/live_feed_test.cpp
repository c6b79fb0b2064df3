#include "service/observe/live_feed.hpp"

#include <gmock/gmock.h>

namespace sweetspot::observe {
namespace {

struct LiveFeedTest : testing::Test {
  std::shared_ptr<LiveFeed::Viewer> join() {
    return feed.join([this] { ++woken; });
  }
  LiveFeed feed{[] { return std::string("hello"); }};
  int woken = 0;
};

TEST_F(LiveFeedTest, greets_who_joins_and_then_tells_the_news) {
  const auto viewer = join();
  feed.publish("news");
  ASSERT_EQ(viewer->pending.size(), 2u);
  EXPECT_EQ(*viewer->pending[0], "hello");
  EXPECT_EQ(*viewer->pending[1], "news");
  EXPECT_EQ(woken, 1);
}

TEST_F(LiveFeedTest, makes_a_message_once_for_all) {
  const auto one = join(), other = join();
  feed.publish("news");
  EXPECT_EQ(one->pending[1], other->pending[1]);
}

TEST_F(LiveFeedTest, cuts_off_who_does_not_keep_up_and_stays_bounded) {
  const auto viewer = join();
  for (int i = 0; i < 1000; ++i) feed.publish("news");
  EXPECT_TRUE(viewer->is_cut_off);
  EXPECT_EQ(viewer->pending.size(), LiveFeed::most_pending);
}

TEST_F(LiveFeedTest, forgets_who_left) {
  EXPECT_FALSE(feed.is_watched());
  auto viewer = join();
  EXPECT_TRUE(feed.is_watched());
  viewer.reset();
  EXPECT_FALSE(feed.is_watched());
}

TEST_F(LiveFeedTest, turns_away_more_than_it_can_serve) {
  std::vector<std::shared_ptr<LiveFeed::Viewer>> viewers;
  for (std::size_t i = 0; i < LiveFeed::most_viewers; ++i) viewers.push_back(join());
  EXPECT_EQ(join(), nullptr);
  viewers.pop_back();
  EXPECT_NE(join(), nullptr);
}

TEST_F(LiveFeedTest, cuts_off_all_at_its_end) {
  const auto viewer = join();
  feed.end();
  EXPECT_TRUE(viewer->is_cut_off);
  EXPECT_EQ(join(), nullptr);
}

}  // namespace
}  // namespace sweetspot::observe
