#include "service/fleet/turns.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <nlohmann/json.hpp>

// Replicas and an API server on virtual time: what each sends is answered by a Lease kept as a real
// server keeps it, with versions and conflicts.
namespace sweetspot::fleet {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr Duration term = 30s;

class Server {
 public:
  Answer answer(const Request& request) {
    if (refuses) return {.status = *refuses, .problem = "no"};
    switch (request.kind) {
      case Request::Kind::get_workload:
        return {.status = 200, .body = workload.dump()};
      case Request::Kind::get_lease:
        return {.status = 200, .body = lease.dump()};
      case Request::Kind::put_lease:
        break;
    }
    ++writes;
    Json given = Json::parse(request.body);
    if (given["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"])
      return {.status = 409, .problem = "the object has been modified"};
    put(std::move(given));
    return {.status = 200, .body = lease.dump()};
  }

  void put(Json object) {
    lease = std::move(object);
    lease["metadata"]["resourceVersion"] = std::to_string(++version);
  }
  std::string holder() const { return lease["spec"].value("holderIdentity", ""); }

  int version = 7;
  int writes = 0;
  std::optional<int> refuses;
  Json lease = Json::parse(
      R"({"kind":"Lease","metadata":{"name":"api","resourceVersion":"7","labels":{"a":"b"}},
                               "spec":{}})");
  Json workload =
      Json::parse(R"({"kind":"Deployment","metadata":{"generation":2},"spec":{"replicas":3},
      "status":{"replicas":3,"updatedReplicas":3,"readyReplicas":3,"observedGeneration":2}})");
};

// A replica whose answers arrive at once, and which sees each change of the Lease at once.
struct Replica {
  Replica(std::string name, std::uint64_t seed, bool has_workload = false)
      : turns({.identity = std::move(name),
               .term = term,
               .has_workload = has_workload,
               .seed = seed}) {}

  void step(Server& server, TimePoint now, WallTime wall) {
    if (watches && turns.lease()) turns.seen(*parse_lease(server.lease.dump()), now);
    while (auto request = turns.next(self, now, wall + skew)) {
      if (cut_off) {
        turns.answered({.problem = "no route to host"}, now);
      } else if (loses_answers) {
        server.answer(*request);
        turns.answered({.problem = "timed out"}, now);
      } else {
        turns.answered(server.answer(*request), now);
      }
    }
  }

  Turns turns;
  Self self{.wants = true};
  Duration skew{};
  bool watches = true, cut_off = false, loses_answers = false;
};

class Fleet : public testing::Test {
 protected:
  void run(Duration span) {
    for (const TimePoint end = now + span; now < end; now += 100ms) {
      int exploring = 0;
      for (auto& [name, replica] : replicas) {
        replica.step(server, now, WallTime(now.time_since_epoch()));
        if (!replica.turns.may_explore(now)) continue;
        ++exploring;
        had_turns[name] = true;
      }
      ASSERT_LE(exploring, 1);
    }
  }
  Replica& add(const std::string& name, bool has_workload = false) {
    return replicas.try_emplace(name, name, replicas.size() + 1, has_workload).first->second;
  }
  bool explores(const std::string& name) { return replicas.at(name).turns.may_explore(now); }
  Replica& holder() { return replicas.at(server.holder()); }

  Server server;
  std::map<std::string, Replica> replicas;
  std::map<std::string, bool> had_turns;
  TimePoint now{1000s};
};

TEST_F(Fleet, gives_one_replica_the_turn_that_it_wants) {
  add("a");
  run(3s);
  EXPECT_TRUE(explores("a"));
  EXPECT_EQ(server.lease["spec"]["holderIdentity"], "a");
  EXPECT_EQ(server.lease["spec"]["leaseDurationSeconds"], 30);
  EXPECT_EQ(server.lease["spec"]["leaseTransitions"], 1);
}

TEST_F(Fleet, keeps_what_others_wrote_into_the_lease) {
  add("a");
  run(3s);
  EXPECT_EQ(server.lease["metadata"]["labels"]["a"], "b");
}

TEST_F(Fleet, writes_nothing_while_nobody_wants_a_turn) {
  add("a").self.wants = false;
  add("b").self.wants = false;
  run(10min);
  EXPECT_EQ(server.writes, 0);
}

TEST_F(Fleet, never_lets_two_explore_and_lets_each_in_its_turn) {
  for (const auto* name : {"a", "b", "c", "d", "e"}) add(name);
  run(30min);
  EXPECT_EQ(had_turns.size(), 5u);
}

TEST_F(Fleet, writes_at_most_once_in_a_third_of_the_term) {
  add("a");
  run(1s);
  const int before = server.writes;
  run(10min);
  EXPECT_LE(server.writes - before, 60);
}

TEST_F(Fleet, gives_the_lease_back_when_nothing_is_explored_any_more) {
  add("a");
  run(3s);
  holder().self.wants = false;
  run(term / 6 + 1s);
  EXPECT_FALSE(explores("a"));
  run(10s);
  EXPECT_EQ(server.holder(), "");
}

TEST_F(Fleet, ends_a_turn_for_the_others_sake) {
  add("a");
  run(3s);
  add("b");
  run(2 * term + 15s);
  EXPECT_EQ(server.holder(), "b");
}

TEST_F(Fleet, lets_a_probe_end_before_the_turn_does_but_not_for_ever) {
  add("a").self.explores = true;
  run(3 * term);
  EXPECT_TRUE(explores("a"));
  run(term + 1s);
  EXPECT_FALSE(explores("a"));
}

TEST_F(Fleet, replaces_a_holder_that_was_killed_within_the_term) {
  add("a");
  run(3s);
  replicas.erase("a");
  add("b");
  run(term - 1s);
  EXPECT_FALSE(explores("b"));
  run(3s);
  EXPECT_TRUE(explores("b"));
}

TEST_F(Fleet, stops_a_holder_that_is_cut_off_before_another_begins) {
  add("a");
  add("b");
  run(3s);
  const std::string name = server.holder();
  Replica& cut = holder();
  cut.cut_off = true;
  cut.watches = false;
  run(2 * term / 3);
  EXPECT_FALSE(cut.turns.may_explore(now));
  EXPECT_EQ(cut.turns.state(now), State::unavailable);
  run(term);  // run() sees that never both do
  EXPECT_NE(server.holder(), name);
}

TEST_F(Fleet, does_not_care_how_clocks_are_set) {
  add("a").skew = -5h;
  add("b").skew = 3h;
  add("c");
  run(20min);
  EXPECT_EQ(had_turns.size(), 3u);
}

TEST_F(Fleet, counts_a_write_whose_answer_was_lost_from_when_it_was_sent) {
  Replica& a = add("a");
  a.watches = false;
  run(100ms);
  a.loses_answers = true;
  run(3s);  // the Lease is taken, and nobody told it
  EXPECT_EQ(server.holder(), "a");
  EXPECT_FALSE(explores("a"));
  a.loses_answers = false;
  run(5s);
  EXPECT_TRUE(explores("a"));
}

TEST_F(Fleet, loses_its_turn_at_once_where_somebody_else_took_the_lease) {
  add("a");
  run(3s);
  auto taken = server.lease;
  taken["spec"]["holderIdentity"] = "somebody";
  server.put(taken);
  run(200ms);
  EXPECT_FALSE(explores("a"));
}

TEST_F(Fleet, takes_a_stale_view_for_what_it_is) {
  add("a");
  run(3s);
  Replica& late = add("late");
  late.step(server, now, {});
  late.watches = false;  // so it never sees a's renewals
  for (int i = 0; i < 20; ++i) run(10s);
  EXPECT_TRUE(had_turns["a"]);  // and run() saw that never both explored
}

TEST_F(Fleet, forgets_an_event_that_is_older_than_what_it_knows) {
  add("a");
  const auto before = *parse_lease(server.lease.dump());
  run(3s);
  replicas.at("a").turns.seen(before, now);
  EXPECT_TRUE(explores("a"));
}

TEST_F(Fleet, pauses_while_replicas_change) {
  add("a", true);
  run(5s);
  EXPECT_FALSE(explores("a"));  // one look is not enough
  run(10s);
  EXPECT_TRUE(explores("a"));
  server.workload["spec"]["replicas"] = 4;
  run(15s);
  EXPECT_FALSE(explores("a"));
  EXPECT_EQ(replicas.at("a").turns.state(now), State::paused);
  server.workload["status"] = {
      {"replicas", 4}, {"updatedReplicas", 4}, {"readyReplicas", 4}, {"observedGeneration", 2}};
  run(30s);
  EXPECT_TRUE(explores("a"));
}

TEST_F(Fleet, holds_and_says_so_without_permission) {
  server.refuses = 403;
  add("a");
  run(1min);
  EXPECT_FALSE(explores("a"));
  EXPECT_EQ(replicas.at("a").turns.state(now), State::refused);
  EXPECT_EQ(replicas.at("a").turns.why(), "the API server says 403: no");
}

TEST_F(Fleet, goes_on_when_permission_comes) {
  server.refuses = 403;
  add("a");
  run(1min);
  server.refuses.reset();
  run(3min);
  EXPECT_TRUE(had_turns["a"]);
}

TEST_F(Fleet, ends_a_turn_whose_permission_is_withdrawn) {
  add("a");
  run(3s);
  server.refuses = 403;
  run(10s);
  EXPECT_FALSE(explores("a"));
}

TEST_F(Fleet, publishes_with_the_writes_of_a_turn) {
  add("a").self.news =
      Knowledge{.fingerprint = "f", .limit = 8, .confidence = 0.9, .age = {}, .by = "a"};
  run(3s);
  const auto known = find_knowledge(parse_lease(server.lease.dump())->knowledge, "f",
                                    WallTime(now.time_since_epoch()));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->limit, 8);
}

TEST_F(Fleet, publishes_what_is_urgent_without_taking_the_lease) {
  Replica& a = add("a");
  a.self = {
      .news = Knowledge{.fingerprint = "f", .limit = 8, .confidence = 0.9, .age = {}, .by = "a"},
      .is_urgent = true};
  run(200ms);
  EXPECT_NE(parse_lease(server.lease.dump())->knowledge, "");
  EXPECT_EQ(server.holder(), "");
}

TEST_F(Fleet, gives_the_lease_back_when_it_leaves) {
  add("a");
  run(3s);
  replicas.at("a").self.leaves = true;
  run(100ms);
  EXPECT_EQ(server.holder(), "");
  EXPECT_FALSE(explores("a"));
}

TEST(Turns, wait_as_long_as_the_server_asks) {
  Turns turns({.identity = "a", .term = term, .seed = 1});
  const TimePoint start{1000s};
  ASSERT_TRUE(turns.next({.wants = true}, start, {}));
  turns.answered({.status = 429, .retry_after = 17s}, start);
  EXPECT_FALSE(turns.next({.wants = true}, start + 16s, {}));
  EXPECT_TRUE(turns.next({.wants = true}, start + 17s, {}));
}

TEST(Turns, ask_ever_more_rarely_while_the_server_fails) {
  Turns turns({.identity = "a", .term = term, .seed = 1});
  int asked = 0;
  for (TimePoint now{1000s}; now < TimePoint{1600s}; now += 100ms)
    if (turns.next({.wants = true}, now, {})) {
      ++asked;
      turns.answered({.status = 503}, now);
    }
  EXPECT_LT(asked, 25);
  EXPECT_GT(asked, 10);
}

TEST(Turns, have_one_request_under_way_at_a_time) {
  Turns turns({.identity = "a", .term = term, .seed = 1});
  EXPECT_TRUE(turns.next({}, TimePoint{1s}, {}));
  EXPECT_FALSE(turns.next({}, TimePoint{1h}, {}));
}

}  // namespace
}  // namespace sweetspot::fleet
