#include "loadgen/compare/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "loadgen/compare/result_file.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;

RunResult run(Duration latency, int failures = 0, double relative_ci = 0.02) {
  RunResult result;
  for (int i = 0; i < 1000; ++i) result.outcome.tally.add_response(200, latency + i * 1us);
  for (int i = 0; i < failures; ++i) result.outcome.tally.add_response(500, 1ms);
  result.outcome.measured = 100 * latency;
  result.relative_ci = relative_ci;
  return result;
}

const Difference& of(const std::vector<Difference>& differences, const std::string& figure) {
  return *std::find_if(differences.begin(), differences.end(),
                       [&](const Difference& each) { return each.figure == figure; });
}

TEST(Compare, finds_no_difference_between_a_run_and_itself) {
  for (const auto& each : compare(run(10ms), run(10ms), 0.05)) {
    EXPECT_FALSE(each.is_certain) << each.figure;
    EXPECT_FALSE(each.is_regression);
  }
}

TEST(Compare, tells_a_regression_with_its_interval) {
  const auto differences = compare(run(10ms), run(12ms), 0.05);
  const auto& p50 = of(differences, "p50");
  EXPECT_TRUE(p50.is_regression);
  EXPECT_NEAR(p50.change, 0.19, 0.02);
  EXPECT_LT(p50.low, p50.change);
  EXPECT_GT(p50.high, p50.change);
  EXPECT_TRUE(of(differences, "throughput").is_regression);
}

TEST(Compare, calls_no_improvement_a_regression) {
  for (const auto& each : compare(run(12ms), run(10ms), 0.05)) EXPECT_FALSE(each.is_regression);
}

TEST(Compare, tolerates_what_it_was_told_to) {
  EXPECT_FALSE(of(compare(run(10ms), run(12ms), 0.5), "p50").is_regression);
}

TEST(Compare, is_unsure_of_noisy_rates) {
  EXPECT_FALSE(of(compare(run(10ms, 0, 0.3), run(12ms, 0, 0.3), 0.05), "throughput").is_certain);
}

TEST(Compare, sees_more_errors) {
  EXPECT_TRUE(of(compare(run(10ms), run(10ms, 200), 0.05), "errors").is_regression);
}

class ResultFile : public ::testing::Test {
 protected:
  ResultFile() : folder_(::testing::TempDir() + "/result_file_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~ResultFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

 private:
  std::string folder_;
};

TEST_F(ResultFile, brings_back_what_was_written) {
  RunOptions options;
  options.target.url = "http://h/";
  auto before = run(10ms, 3);
  before.outcome.tally.connections = 7;
  const auto read = read_run(write("a.json", format_run_json(before, options)));
  ASSERT_TRUE(read) << read.error;
  EXPECT_EQ(format_run_json((*read).result, (*read).options), format_run_json(before, options));
}

TEST_F(ResultFile, merges_counts_rates_and_histograms) {
  RunOptions options;
  options.target.url = "http://h/";
  auto one = read_run(write("a.json", format_run_json(run(10ms), options)));
  const auto other = read_run(write("b.json", format_run_json(run(30ms, 5), options)));
  merge(*one.value, *other);
  const Summary summary = summarize((*one).result.outcome);
  EXPECT_EQ(summary.requests, 2005u);
  EXPECT_EQ(summary.successes, 2000u);
  EXPECT_NEAR(tuner::milliseconds((*one).result.outcome.tally.successes().quantile(0.9)), 30.8,
              0.5);
  EXPECT_EQ((*one).options.connections, 100);
}

TEST_F(ResultFile, refuses_what_is_none) {
  EXPECT_THAT(read_run("/no/such/file").error, ::testing::HasSubstr("/no/such/file"));
  EXPECT_THAT(read_run(write("x", "{}")).error, ::testing::HasSubstr("not a result"));
  EXPECT_THAT(read_run(write("y", "{\"schema\": \"sweetspot-load/run/1\"}")).error,
              ::testing::HasSubstr("not a result"));
}

}  // namespace
}  // namespace sweetspot::loadgen
