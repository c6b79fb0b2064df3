#include "service/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/service/readme.hpp"

namespace sweetspot::observe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using tuner::TimePoint;

struct MetricsTest : testing::Test {
  explicit MetricsTest(admission::Settings settings = {}) : limiter(settings, 8, now) {
    recorders.push_back(std::make_unique<control::Recorder>());
    recorders.push_back(std::make_unique<control::Recorder>());
    steering.start(now);
  }

  std::string render() { return metrics.render(now); }
  std::vector<std::string> series() {
    std::vector<std::string> names;
    std::istringstream text(render());
    for (std::string line; std::getline(text, line);)
      if (!line.starts_with("#")) names.push_back(line.substr(0, line.rfind(' ')));
    return names;
  }

  TimePoint now{1h};
  control::Recorders recorders;
  admission::Limiter limiter;
  control::Steering steering{{}, limiter, recorders, now, {}};
  control::LeakWatch leaks;
  proxy::AccessBell bell;
  AccessLog access_log{{}, bell, {}};
  control::ConfigurationStatus configuration;
  std::vector<control::AddressStatus> addresses{{.address = "10.0.0.1:80"}};
  Metrics metrics{sources()};

 private:
  MetricSources sources() {
    return {
        .recorders = recorders,
        .limiter = limiter,
        .steering = steering,
        .leaks = leaks,
        .access_log = access_log,
        .configuration = [this]() -> const control::ConfigurationStatus& { return configuration; },
        .gauges =
            [] {
              proxy::Server::Gauges gauges;
              gauges.downstream_connections = 3;
              gauges.worker_connections = {2, 1};
              gauges.upstream_connections = 2;
              gauges.upstream_idle = 1;
              gauges.buffer_bytes = 16384;
              gauges.certificate_expires = 4000000000;
              return gauges;
            },
        .addresses = [this] { return addresses; },
        .backend = platform::family_status([] { return ::getpid(); })};
  }
};

// As many classes as there can be.
struct ManyClassesTest : MetricsTest {
  ManyClassesTest() : MetricsTest(many()) {}
  static admission::Settings many() {
    admission::Settings settings;
    while (settings.classes.size() < admission::max_classes)
      settings.classes.push_back({.name = "class-" + std::to_string(settings.classes.size())});
    return settings;
  }
};

struct MetricsWithGroupsTest : MetricsTest {
  MetricsWithGroupsTest()
      : MetricsTest({.classes = {{.name = "default", .group = 0}, {.name = "slow", .group = 1}},
                     .groups = {{.name = "left", .share = 3}, {.name = "right", .share = 1}}}) {}
};

TEST_F(MetricsWithGroupsTest, tell_each_groups_part_of_the_limit) {
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("\nsweetspot_group_limit{group=\"left\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_group_limit{group=\"right\"} 2\n"));
}

TEST_F(MetricsTest, tell_the_limit_and_the_connections) {
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("\nsweetspot_limit 8\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_downstream_connections 3\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_permits_leaked_total 0\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_tuner_state{state=\"start\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_verdicts_total{reason=\"start\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_build_info{version=\"" SWEETSPOT_VERSION "\"} 1\n"));
}

TEST_F(MetricsWithGroupsTest, tell_how_long_each_class_waits) {
  using control::Outcome;
  recorders[0]->completed(1, Outcome::success, 250ms, 500ms, 750ms, true);
  recorders[1]->completed(1, Outcome::client_abort, 250ms, 250ms, 500ms, true);
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("\nsweetspot_class_queue_wait_seconds_total{class=\"default\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_class_queue_wait_seconds_total{class=\"slow\"} 0.75\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_class_request_seconds_total{class=\"slow\"} 1.25\n"));
}

TEST_F(MetricsTest, tell_which_address_of_the_upstream_is_down_and_what_each_has) {
  addresses = {{.address = "10.0.0.2:80", .problem = "Connection refused", .errors = {7}},
               {.address = "10.0.0.1:80", .in_flight = 3, .connections = 4, .requests = 50}};
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("\nsweetspot_upstream_up{address=\"10.0.0.2:80\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_upstream_up{address=\"10.0.0.1:80\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_upstream_addresses{state=\"down\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_address_in_flight{address=\"10.0.0.1:80\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_address_connections{address=\"10.0.0.1:80\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("_address_requests_total{address=\"10.0.0.1:80\"} 50\n"));
  EXPECT_THAT(text, HasSubstr("{address=\"10.0.0.2:80\",error=\"connect\"} 7\n"));
}

TEST_F(MetricsTest, show_a_bounded_number_of_addresses_and_count_them_all) {
  addresses.clear();
  for (std::size_t i = 0; i < control::most_addresses_shown + 10; ++i)
    addresses.push_back({.address = "10.0.0.1:" + std::to_string(i)});
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("_up{address=\"10.0.0.1:63\"} 1\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("10.0.0.1:64")));
  EXPECT_THAT(text, HasSubstr("sweetspot_upstream_addresses{state=\"up\"} 74\n"));
}

TEST_F(MetricsTest, tell_how_the_reloads_went) {
  configuration.accepted = 2;
  configuration.refused = 1;
  configuration.last.errors = {"a sentence"};
  configuration.waiting = {"listen", "workers"};
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("sweetspot_config_reloads_total{result=\"accepted\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_config_reloads_total{result=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_config_last_reload_successful 0\n"));
  EXPECT_THAT(text, HasSubstr("\nsweetspot_config_keys_waiting 2\n"));
}

TEST_F(MetricsTest, add_up_all_workers) {
  using control::Outcome;
  recorders[0]->completed(0, Outcome::success, 5ms, 1ms, 6ms, true);
  recorders[1]->completed(0, Outcome::success, 5ms, 1ms, 6ms, true);
  recorders[1]->completed(0, Outcome::upstream_reset, 5ms, 1ms, 6ms, true);
  recorders[1]->shed(0, admission::ShedReason::queue_full);
  const auto text = render();
  EXPECT_THAT(text,
              HasSubstr("sweetspot_requests_total{class=\"default\",outcome=\"success\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("outcome=\"upstream_reset\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_shed_total{class=\"default\",reason=\"queue_full\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_backend_latency_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_queue_wait_seconds_count 3\n"));
}

TEST_F(MetricsTest, put_a_latency_into_every_bucket_from_its_own_upwards) {
  recorders[0]->completed(0, control::Outcome::success, 20ms, 0ms, 20ms, true);
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("sweetspot_backend_latency_seconds_bucket{le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_backend_latency_seconds_bucket{le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_backend_latency_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_backend_latency_seconds_sum 0.02"));
}

TEST_F(MetricsTest, have_the_same_series_whatever_happened) {
  const auto before = series();
  for (std::size_t i = 0; i < control::outcome_count; ++i)
    recorders[0]->completed(0, static_cast<control::Outcome>(i), 5ms, 1ms, 6ms, true);
  for (std::size_t i = 0; i < admission::shed_reason_count; ++i)
    recorders[0]->shed(0, static_cast<admission::ShedReason>(i));
  for (std::size_t i = 0; i < control::upstream_error_count; ++i)
    recorders[0]->upstream_failed(static_cast<control::UpstreamError>(i));
  steering.pin(12, "x", now += 1s);
  EXPECT_EQ(series(), before);
}

TEST_F(MetricsWithGroupsTest, are_all_in_the_table_and_each_of_it_is_there) {
  std::vector<std::string> rendered, listed;
  std::istringstream text(render());
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("# TYPE ")) rendered.push_back(line.substr(7));
  const auto kind = [](MetricKind k) {
    return k == MetricKind::counter ? "counter" : k == MetricKind::gauge ? "gauge" : "histogram";
  };
  std::vector<std::string> rows;
  for (const auto& info : metric_table()) {
    const std::string name(info.name);
    listed.push_back(name + " " + kind(info.kind));
    rows.push_back("| `" + name + "` | " + kind(info.kind) + " | " + std::string(info.labels) +
                   " | " + std::string(info.help) + " |");
  }
  EXPECT_THAT(rendered, testing::UnorderedElementsAreArray(listed));
  EXPECT_THAT(tests::readme_table("## Metrics"), testing::ContainerEq(rows));
}

TEST_F(MetricsTest, are_silent_under_promtool) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "no promtool here";
  char path[] = "/tmp/sweetspot-metrics-XXXXXX";
  ::close(::mkstemp(path));
  std::ofstream(path) << render();
  FILE* check = ::popen(("promtool check metrics < " + std::string(path) + " 2>&1").c_str(), "r");
  std::string said(4096, '\0');
  said.resize(std::fread(said.data(), 1, said.size(), check));
  EXPECT_EQ(::pclose(check), 0);
  EXPECT_EQ(said, "");
  std::remove(path);
}

TEST_F(ManyClassesTest, have_each_its_series_and_still_fit_into_forty_kilobytes) {
  const auto before = series();
  for (control::ClassId cls = 0; cls < admission::max_classes; ++cls) {
    recorders[0]->completed(cls, control::Outcome::success, 5ms, 1ms, 6ms, true);
    recorders[0]->shed(cls, admission::ShedReason::codel);
  }
  EXPECT_EQ(series(), before);
  EXPECT_THAT(render(), HasSubstr("sweetspot_shed_total{class=\"class-15\",reason=\"codel\"} 1\n"));
  EXPECT_LT(render().size(), 40000u);
}

template <class Value>
std::vector<std::string> names_of(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = "`";
    name += to_string(static_cast<Value>(i));
    names.push_back(name + "`");
  }
  return names;
}

std::vector<std::string> first_column(const std::vector<std::string>& rows) {
  std::vector<std::string> cells;
  for (const auto& row : rows) cells.push_back(row.substr(2, row.find(" | ") - 2));
  return cells;
}

TEST(Readme, explains_each_outcome_and_each_reason_to_shed) {
  EXPECT_THAT(first_column(tests::readme_table("### Outcomes")),
              testing::ContainerEq(names_of<control::Outcome>(control::outcome_count)));
  EXPECT_THAT(first_column(tests::readme_table("### Shed reasons")),
              testing::ContainerEq(names_of<admission::ShedReason>(admission::shed_reason_count)));
  EXPECT_THAT(first_column(tests::readme_table("### Address errors")),
              testing::ContainerEq(names_of<control::AddressError>(control::address_error_count)));
  EXPECT_THAT(
      first_column(tests::readme_table("### Upstream errors")),
      testing::ContainerEq(names_of<control::UpstreamError>(control::upstream_error_count)));
}

}  // namespace
}  // namespace sweetspot::observe
