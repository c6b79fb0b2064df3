#include "service/platform/diagnosis.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "service/platform/rlimit.hpp"

namespace sweetspot::platform {
namespace {

using testing::HasSubstr;
using Level = Finding::Level;
using Kind = UpstreamAnswer::Kind;
using std::chrono::nanoseconds;

// A machine and a configuration that nothing can be said against.
DiagnosisFacts good() {
  return {
      .clock = {.has_vdso = true, .source = "tsc", .cost = nanoseconds(24)},
      .open_files = 1'000'000,
      .backend_open_files = 65536,
      .connections = 10'000,
      .cpus = 4,
      .cpu_quota = 3.5,
      .workers = 1,
      .start = 8,
      .backend = {},
      .knows_backend = true,
      .backend_threads = 20,
      .backend_room = TaskRoom{.current = 22, .max = 4096},
      .backend_pool = 64,
      .accept_queue = 4096,
      .backlog = 4096,
      .limit_min = 1,
      .limit_max = 64,
      .pin = {},
      .own_upstream = "",
      .answers = {{.kind = Kind::http, .detail = "HTTP/1.1 200 OK", .address = "127.0.0.1:8000"}},
      .storage_problems = {}};
}

// The worst finding of one check.
Finding worst(const DiagnosisFacts& facts, const std::string& check) {
  Finding found{.check = "none", .level = Level::ok, .sentence = {}};
  for (const auto& finding : diagnose(facts))
    if (finding.check == check && (found.check == "none" || finding.level != Level::ok))
      found = finding;
  return found;
}

TEST(Diagnosis, finds_nothing_wrong_where_nothing_is) {
  std::vector<std::string> checks;
  for (const auto& finding : diagnose(good())) {
    EXPECT_EQ(finding.level, Level::ok) << finding.check << ": " << finding.sentence;
    checks.push_back(finding.check);
  }
  EXPECT_THAT(checks, testing::ElementsAre("clock", "files", "cpus", "threads", "accept_queue",
                                           "bounds", "upstream", "storage"));
}

TEST(Diagnosis, warns_of_a_clock_that_is_a_system_call) {
  auto facts = good();
  facts.clock.cost = nanoseconds(400);
  facts.clock.source = "hpet";
  EXPECT_EQ(worst(facts, "clock").level, Level::warning);
  EXPECT_THAT(worst(facts, "clock").sentence, HasSubstr("400 ns (clock source hpet)"));
  facts = good();
  facts.clock.has_vdso = false;
  EXPECT_EQ(worst(facts, "clock").level, Level::warning);
  EXPECT_THAT(worst(facts, "clock").sentence, HasSubstr("VDSO"));
}

TEST(Diagnosis, warns_of_too_few_files_on_either_side) {
  auto facts = good();
  facts.open_files = 1024;
  EXPECT_EQ(worst(facts, "files").level, Level::warning);
  EXPECT_THAT(worst(facts, "files").sentence,
              HasSubstr("up to 10576: it lets 448 clients connect at a time"));
  facts = good();
  facts.backend_open_files = 100;
  EXPECT_THAT(worst(facts, "files").sentence, HasSubstr("the backend may open 100 files"));
}

TEST(Diagnosis, leaves_the_upstream_its_descriptors_and_clients_a_third_of_few) {
  EXPECT_EQ(connections_within(20000, 1000), 20000u - 1000 - spare_files);
  EXPECT_EQ(connections_within(900, 1000), 300u);
  EXPECT_EQ(connections_within(1536, 1000), 512u);
}

TEST(Diagnosis, warns_of_workers_and_start_sizes_beyond_the_cpus) {
  auto facts = good();
  facts.workers = 5;
  EXPECT_THAT(worst(facts, "cpus").sentence, HasSubstr("more workers than CPUs"));
  facts.workers = 4;  // as many as CPUs, but more than the quota
  EXPECT_EQ(worst(facts, "cpus").level, Level::warning);
  EXPECT_THAT(worst(facts, "cpus").sentence, HasSubstr("throttled"));
  facts = good();
  facts.start = 500;
  EXPECT_THAT(worst(facts, "cpus").sentence, HasSubstr("start size of 500"));
}

TEST(Diagnosis, compares_the_backends_threads_with_what_its_group_may_hold) {
  auto facts = good();
  facts.limit_max = 5000;
  EXPECT_EQ(worst(facts, "threads").level, Level::warning);
  EXPECT_THAT(worst(facts, "threads").sentence, HasSubstr("lower it to 4074"));
  facts.backend_room = TaskRoom{.current = 95, .max = 100};
  EXPECT_EQ(worst(facts, "threads").level, Level::problem);
  facts.backend_room = TaskRoom{.current = 200, .max = 100};  // the limit was lowered below
  EXPECT_EQ(worst(facts, "threads").level, Level::problem);
  facts.backend_room->max.reset();
  EXPECT_EQ(worst(facts, "threads").level, Level::ok);
  facts.backend_room.reset();
  EXPECT_EQ(worst(facts, "threads").level, Level::unknown);
  facts.knows_backend = false;
  EXPECT_THAT(worst(facts, "threads").sentence, HasSubstr("set backend.pid"));
}

TEST(Diagnosis, warns_of_a_short_accept_queue) {
  auto facts = good();
  facts.accept_queue = 128;
  EXPECT_EQ(worst(facts, "accept_queue").level, Level::warning);
  facts.connections = 100;  // there are never more
  EXPECT_EQ(worst(facts, "accept_queue").level, Level::ok);
  facts.accept_queue.reset();
  EXPECT_EQ(worst(facts, "accept_queue").level, Level::unknown);
}

TEST(Diagnosis, compares_the_bounds_with_the_backends_own_pool) {
  auto facts = good();
  facts.backend_pool = 16;
  EXPECT_EQ(worst(facts, "bounds").level, Level::warning);
  EXPECT_THAT(worst(facts, "bounds").sentence, HasSubstr("set limit.max to 16"));
  facts.pin = 32;
  EXPECT_EQ(worst(facts, "bounds").level, Level::problem);
  facts.pin.reset();
  facts.limit_min = 20;
  EXPECT_EQ(worst(facts, "bounds").level, Level::problem);
  facts.backend_pool.reset();
  EXPECT_EQ(worst(facts, "bounds").level, Level::ok);
}

TEST(Diagnosis, says_what_the_upstream_answered) {
  auto facts = good();
  const std::pair<Kind, Level> expected[] = {
      {Kind::unreachable, Level::problem}, {Kind::silent, Level::warning},
      {Kind::no_http, Level::problem},     {Kind::not_asked, Level::unknown},
      {Kind::loop, Level::problem},        {Kind::http, Level::ok}};
  for (const auto& [kind, level] : expected) {
    facts.answers.front().kind = kind;
    EXPECT_EQ(worst(facts, "upstream").level, level);
    EXPECT_THAT(worst(facts, "upstream").sentence, HasSubstr("127.0.0.1:8000"));
  }
}

TEST(Diagnosis, warns_of_an_upstream_that_says_it_cannot_serve) {
  auto facts = good();
  for (const auto& [line, level] :
       {std::pair{"HTTP/1.1 503 Service Unavailable", Level::warning},
        std::pair{"HTTP/1.0 502", Level::warning},
        std::pair{"HTTP/1.1 501 Not Implemented", Level::ok}, std::pair{"HTTP/1.1", Level::ok}}) {
    facts.answers.front() = {.kind = Kind::http, .detail = line, .address = "a:1"};
    EXPECT_EQ(worst(facts, "upstream").level, level) << line;
  }
}

TEST(Diagnosis, speaks_of_each_address_by_itself) {
  auto facts = good();
  facts.answers.push_back({.kind = Kind::unreachable, .detail = "why", .address = "b:8000"});
  EXPECT_EQ(worst(facts, "upstream").sentence, "b:8000 cannot be reached: why");
  const auto findings = diagnose(facts);
  EXPECT_EQ(std::count_if(findings.begin(), findings.end(),
                          [](const Finding& each) { return each.check == "upstream"; }),
            2);
}

TEST(Diagnosis, names_the_backend_that_it_cannot_see) {
  auto facts = good();
  facts.knows_backend = false;
  facts.backend = "backend.pid 4711";
  EXPECT_EQ(worst(facts, "threads").level, Level::unknown);
  EXPECT_THAT(worst(facts, "threads").sentence, HasSubstr("no process of backend.pid 4711"));
}

TEST(Diagnosis, knows_an_upstream_that_is_the_sidecar_itself) {
  auto facts = good();
  facts.own_upstream = "10.0.0.7:8080";
  EXPECT_EQ(worst(facts, "upstream").level, Level::problem);
  EXPECT_THAT(worst(facts, "upstream").sentence,
              HasSubstr("10.0.0.7:8080 is where the sidecar itself"));
}

TEST(Diagnosis, names_each_file_that_cannot_be_written) {
  auto facts = good();
  facts.storage_problems = {"state.file: /a: no", "decisions.file: /b: no"};
  std::set<std::string> sentences;
  for (const auto& finding : diagnose(facts))
    if (finding.level == Level::problem) sentences.insert(finding.sentence);
  EXPECT_EQ(sentences.size(), 2u);
}

}  // namespace
}  // namespace sweetspot::platform
