#include "service/fleet/knowledge.hpp"

#include <gtest/gtest.h>

namespace sweetspot::fleet {
namespace {

using namespace std::chrono_literals;

const WallTime noon{1'800'000'000s};

Knowledge about(std::string fingerprint, int limit = 8) {
  return {.fingerprint = std::move(fingerprint),
          .limit = limit,
          .confidence = 0.9,
          .age = 0s,
          .by = "a"};
}

TEST(Knowledge, is_found_by_its_fingerprint_and_ages) {
  const auto text = with_record("", about("f"), noon);
  const auto found = find_knowledge(text, "f", noon + 90s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->limit, 8);
  EXPECT_EQ(found->confidence, 0.9);
  EXPECT_EQ(found->age, 90s);
  EXPECT_EQ(found->by, "a");
  EXPECT_FALSE(find_knowledge(text, "g", noon));
}

TEST(Knowledge, keeps_ageing_when_it_is_handed_on) {
  auto text = with_record("", about("f"), noon);
  text = with_record(text, about("g"), noon + 60s);
  EXPECT_EQ(find_knowledge(text, "f", noon + 100s)->age, 100s);
}

TEST(Knowledge, of_a_writer_whose_clock_is_ahead_is_as_old_as_it_said) {
  EXPECT_EQ(find_knowledge(with_record("", about("f"), noon + 1h), "f", noon)->age, 0s);
}

TEST(Knowledge, has_one_record_a_fingerprint_and_eight_at_most) {
  std::string text;
  for (int i = 0; i < 20; ++i) text = with_record(text, about(std::to_string(i % 12), i + 1), noon);
  const auto all = read_knowledge(text, noon);
  EXPECT_EQ(all.size(), 8u);
  EXPECT_EQ(all.front().limit, 20);
}

TEST(Knowledge, leaves_out_what_it_does_not_understand) {
  for (const auto* other :
       {"", "null", "{}", "[7]", "[{}]", R"([{"fingerprint":"f"}])",
        R"([{"fingerprint":"f","limit":0,"confidence":1,"age_seconds":0,"at":1}])",
        R"([{"fingerprint":"f","limit":1e30,"confidence":1,"age_seconds":0,"at":1}])",
        R"([{"fingerprint":"f","limit":8,"confidence":2,"age_seconds":0,"at":1}])",
        R"([{"fingerprint":"f","limit":8,"confidence":1,"age_seconds":-1,"at":1}])",
        R"([{"fingerprint":"f","limit":8,"confidence":1,"age_seconds":1e300,"at":1e300}])",
        R"([{"fingerprint":"","limit":8,"confidence":1,"age_seconds":0,"at":1}])",
        R"([{"fingerprint":7,"limit":"8","confidence":1,"age_seconds":0,"at":1}])"})
    EXPECT_TRUE(read_knowledge(other, noon).empty()) << other;
  EXPECT_TRUE(read_knowledge("[" + std::string(100000, ' ') + "]", noon).empty());
}

TEST(Fingerprint, differs_with_each_part_and_where_they_are_split) {
  EXPECT_EQ(fingerprint_of({"2", "none"}), fingerprint_of({"2", "none"}));
  EXPECT_NE(fingerprint_of({"2", "none"}), fingerprint_of({"4", "none"}));
  EXPECT_NE(fingerprint_of({"ab", "c"}), fingerprint_of({"a", "bc"}));
  EXPECT_EQ(fingerprint_of({}).size(), 16u);
}

}  // namespace
}  // namespace sweetspot::fleet
