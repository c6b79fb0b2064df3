#include "service/fleet/lease.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sweetspot::fleet {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr auto text = R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
  "metadata":{"name":"api","namespace":"shop","resourceVersion":"41","uid":"u","managedFields":[{"manager":"x"}],
              "annotations":{"sweetspot/knowledge":"[]","other":"kept"}},
  "spec":{"holderIdentity":"a","leaseDurationSeconds":30,"leaseTransitions":3,
          "acquireTime":"2026-01-31T12:00:00.000000Z","renewTime":"2026-01-31T12:00:07.000000Z"}})";

TEST(Lease, is_read) {
  const auto lease = parse_lease(text);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->version, "41");
  EXPECT_EQ(lease->holder, "a");
  EXPECT_EQ(lease->renewed, "2026-01-31T12:00:07.000000Z");
  EXPECT_EQ(lease->transitions, 3);
  EXPECT_EQ(lease->duration, 30s);
  EXPECT_EQ(lease->knowledge, "[]");
}

TEST(Lease, is_free_where_its_spec_is_empty) {
  const auto lease = parse_lease(R"({"kind":"Lease","metadata":{"resourceVersion":"1"}})");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->holder, "");
}

TEST(Lease, is_not_read_out_of_what_is_none) {
  for (const auto* other :
       {"", "[]", "null", "7", "{", R"({"kind":"Lease"})",
        R"({"kind":"Pod","metadata":{"resourceVersion":"1"}})", R"({"kind":"Lease","metadata":[]})",
        R"({"kind":"Lease","metadata":{"resourceVersion":5}})"})
    EXPECT_FALSE(parse_lease(other)) << other;
}

TEST(Lease, changes_hands_with_its_times_and_keeps_the_rest) {
  const auto changed = Json::parse(
      changed_lease(*parse_lease(text),
                    {.holder = "b", .duration = 30s, .at = WallTime(1s), .knowledge = "[1]"}));
  EXPECT_EQ(changed["spec"]["holderIdentity"], "b");
  EXPECT_EQ(changed["spec"]["leaseTransitions"], 4);
  EXPECT_EQ(changed["spec"]["acquireTime"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(changed["spec"]["renewTime"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(changed["metadata"]["annotations"]["other"], "kept");
  EXPECT_EQ(changed["metadata"]["annotations"]["sweetspot/knowledge"], "[1]");
  EXPECT_EQ(changed["metadata"]["resourceVersion"], "41");
  EXPECT_FALSE(changed["metadata"].contains("managedFields"));
}

TEST(Lease, keeps_its_acquisition_where_it_is_renewed) {
  const auto changed = Json::parse(changed_lease(
      *parse_lease(text), {.holder = "a", .duration = 30s, .at = WallTime(1s), .knowledge = {}}));
  EXPECT_EQ(changed["spec"]["leaseTransitions"], 3);
  EXPECT_EQ(changed["spec"]["acquireTime"], "2026-01-31T12:00:00.000000Z");
}

TEST(Lease, has_no_holder_where_it_is_given_back) {
  const auto changed = Json::parse(changed_lease(
      *parse_lease(text), {.holder = "", .duration = 30s, .at = WallTime(1s), .knowledge = {}}));
  EXPECT_EQ(changed["spec"]["holderIdentity"], "");
  EXPECT_EQ(changed["spec"]["leaseDurationSeconds"], 1);
}

TEST(Watch, tells_changes_bookmarks_and_ends_apart) {
  using Kind = WatchEvent::Kind;
  const auto kind_of = [](const std::string& type, const std::string& object) {
    return parse_watch_event(R"({"type":")" + type + R"(","object":)" + object + "}").kind;
  };
  EXPECT_EQ(kind_of("MODIFIED", text), Kind::changed);
  EXPECT_EQ(kind_of("ADDED", text), Kind::changed);
  EXPECT_EQ(kind_of("DELETED", text), Kind::deleted);
  EXPECT_EQ(kind_of("ERROR", R"({"kind":"Status","code":410,"reason":"Expired"})"), Kind::expired);
  EXPECT_EQ(kind_of("ERROR", R"({"kind":"Status","code":500})"), Kind::failed);
  EXPECT_EQ(kind_of("MODIFIED", "{}"), Kind::failed);
  EXPECT_EQ(parse_watch_event("nonsense").kind, Kind::failed);
  const auto mark = parse_watch_event(
      R"({"type":"BOOKMARK","object":{"kind":"Lease","metadata":{"resourceVersion":"99"}}})");
  EXPECT_EQ(mark.kind, Kind::bookmark);
  EXPECT_EQ(mark.version, "99");
}

TEST(Versions, are_compared_only_where_they_are_numbers) {
  EXPECT_TRUE(is_older("9", "10"));
  EXPECT_FALSE(is_older("10", "10"));
  EXPECT_FALSE(is_older("11", "10"));
  EXPECT_FALSE(is_older("a", "b"));
  EXPECT_FALSE(is_older("", "1"));
}

TEST(Status, gives_the_servers_words) {
  EXPECT_EQ(status_message(R"({"kind":"Status","message":"leases \"x\" is forbidden"})"),
            "leases \"x\" is forbidden");
  EXPECT_EQ(status_message("<html>"), "");
}

}  // namespace
}  // namespace sweetspot::fleet
