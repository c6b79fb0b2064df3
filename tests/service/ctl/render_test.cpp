#include "service/ctl/render.hpp"

#include <gmock/gmock.h>

#include "tests/service/ctl/samples.hpp"

namespace sweetspot::ctl {
namespace {

TEST(Render, shows_a_status_to_people) {
  EXPECT_EQ(status_text(sample()),
            "limit       16 (held 8), bounds 1 to 1000\n"
            "in flight   15\n"
            "queued      4\n"
            "saturation  2.38\n"
            "state       probe, objective balanced, mode enforce, algorithm sweetspot\n"
            "throughput  598.2/s\n"
            "latency     p50 13.1 ms, p99 15.0 ms\n"
            "at hold     600.5/s, p50 13.0 ms, p99 14.9 ms, 1.2 % of requests explored elsewhere\n"
            "requests    12345 answered, 6 shed\n"
            "backend     12 threads\n"
            "version     0.1.0, up 61 s\n"
            "verdict     2023-11-14 22:13:20  #3  plateau  stay at 8\n");
}

TEST(Render, gives_machines_every_field_under_its_own_name) {
  EXPECT_EQ(
      to_json(sample()),
      R"({"limit":16,"held_limit":8,"in_flight":15,"queued":4,"state":"probe",)"
      R"("objective":"balanced","mode":"enforce","pinned":false,"last_verdict":{"sequence":3,)"
      R"("unix_time_ms":1700000000000,"from":8,"to":8,"reason":"plateau","sentence":"stay at 8",)"
      R"("lo":{"limit":8,"samples":0,"throughput":0.0,"in_flight":0.0,"p50_ms":0.0,"p99_ms":0.0,)"
      R"("shed_share":0.0,"failure_share":0.0},"hi":null,"elasticity":0.0,"e_star":0.0,"z":0.0,)"
      R"("state":"","comment":"","who":"","action":""},"throughput":598.25,"p50_ms":13.1,"p99_ms":15.04,)"
      R"("saturation":2.375,"backend_threads":12,"version":"0.1.0","uptime_ms":61000,)"
      R"("span_ms":10000,"held_throughput":600.5,"held_p99_ms":14.9,"exploration_share":0.012,)"
      R"("limit_min":1,"limit_max":1000,"algorithm":"sweetspot","requests":12345,"shed":6,)"
      R"("held_p50_ms":13.0,"pin_expires_unix_ms":0,"draining":false,"drained":false,)"
      R"("p99_bound_ms":0.0,"advised_limit":0,"classes":[],"groups":[],"addresses":[],"fleet":""})");
}

TEST(Render, shows_each_class_and_group_where_there_are_several) {
  auto status = sample();
  for (const char* name : {"default", "checkout"}) {
    auto& cls = *status.add_classes();
    cls.set_name(name);
    cls.set_group("web");
    cls.set_in_flight(3);
    cls.set_requests(100);
  }
  auto& group = *status.add_groups();
  group.set_name("web");
  group.set_share(0.5);
  group.set_queued(4);
  group.set_limit(6);
  status.set_advised_limit(11);
  const auto text = status_text(status);
  EXPECT_NE(
      text.find("class       checkout of group web: in flight 3, queued 0, 100 answered, 0 shed\n"),
      std::string::npos);
  EXPECT_NE(text.find("group       web: limit 6, in flight 0, queued 4, share 0.5\n"),
            std::string::npos);
  EXPECT_NE(text.find("advice      a limit of 11\n"), std::string::npos);
}

TEST(Render, names_the_kind_of_a_watchs_event) {
  v1::WatchEvent event;
  event.mutable_verdict()->set_sequence(1);
  EXPECT_EQ(to_json(event).rfind(R"({"verdict":{"sequence":1,)", 0), 0u);
  *event.mutable_status() = sample();
  EXPECT_EQ(to_json(event).rfind(R"({"status":{"limit":16,)", 0), 0u);
}

TEST(Render, shows_an_event_in_one_line) {
  v1::WatchEvent event;
  *event.mutable_status() = sample();
  EXPECT_EQ(event_text(event),
            "limit   16  in flight   15  queued    4      598.2/s  p50     13.1 ms  p99     15.0 ms"
            "  probe");
  const auto verdict = sample().last_verdict();
  *event.mutable_verdict() = verdict;
  EXPECT_EQ(event_text(event), "2023-11-14 22:13:20  #3  plateau  stay at 8");
}

TEST(Render, names_what_is_down_since_when_and_why_and_nothing_where_all_is_up) {
  auto status = sample();
  v1::WatchEvent event;
  const auto add = [&](const std::string& address, const std::string& problem) {
    auto& one = *status.add_addresses();
    one.set_address(address);
    one.set_up(problem.empty());
    one.set_problem(problem);
    one.set_down_since_unix_ms(problem.empty() ? 0 : 1700000000000);
  };
  add("10.0.0.3:80", "");
  EXPECT_EQ(status_text(status), status_text(sample()));
  add("10.0.0.1:80", "Connection refused");
  add("10.0.0.2:80", "it answered 503");
  EXPECT_THAT(status_text(status),
              testing::HasSubstr("\nupstream    10.0.0.1:80 is down since 2023-11-14 22:13:20 UTC: "
                                 "Connection refused\n"));
  EXPECT_THAT(status_text(status), testing::HasSubstr("\nupstream    1 of 3 addresses are up\n"));
  *event.mutable_status() = status;
  EXPECT_THAT(event_text(event), testing::EndsWith("  probe  down: 10.0.0.1:80 and 1 more"));
  EXPECT_THAT(
      explanation_text(status, sample_curve(), {}),
      testing::HasSubstr("\nOf the upstream's 3 addresses 2 are down, so that the others are "
                         "what it finds a limit for: 10.0.0.1:80 (Connection refused) and "
                         "others.\n"));
  status.mutable_addresses()->erase(status.addresses().begin());
  EXPECT_THAT(explanation_text(status, sample_curve(), {}),
              testing::HasSubstr("\nNothing of the upstream is up: 10.0.0.1:80"));
}

TEST(Render, explains_who_has_stopped_to_try) {
  auto status = sample();
  const auto explained = [&] { return explanation_text(status, sample_curve(), {}); };
  status.set_state("paused");
  EXPECT_THAT(explained(), testing::HasSubstr("nothing else is tried until `resume`"));
  status.mutable_last_verdict()->set_who("sweetspot");
  EXPECT_THAT(explained(), testing::HasSubstr("has paused by itself"));
  status.set_mode("shadow");
  EXPECT_THAT(explained(), testing::HasSubstr("does not know before traffic has shown"));
  status.set_advised_limit(6);
  EXPECT_THAT(explained(), testing::HasSubstr("it would hold 6."));
}

TEST(Render, lets_no_text_of_the_other_side_reach_the_terminal_raw) {
  v1::WatchEvent event;
  event.mutable_verdict()->set_sentence("a\x1b[2Jb\nc");
  EXPECT_EQ(event_text(event), "1970-01-01 00:00:00  #0    a?[2Jb?c");
}

}  // namespace
}  // namespace sweetspot::ctl
