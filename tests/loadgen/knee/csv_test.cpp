#include "loadgen/knee/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "loadgen/knee/report.hpp"

namespace sweetspot::loadgen {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

auto read(const std::string& text) {
  std::istringstream in(text);
  return read_curve(in, "table.csv");
}

std::string error_of(const std::string& text) { return read(text).error; }

const std::vector<std::string> disk_rows{"1,100,10,5",   "4,400,10,8",   "8,600,15,12",
                                         "16,700,30,20", "32,720,80,36", "64,720,200,70"};

std::string last_line(const std::string& csv, tuner::Objective objective) {
  const auto curve = read(csv);
  EXPECT_TRUE(curve) << curve.error;
  const auto text = format_knee(tuner::find_knee(*curve, objective), objective);
  const auto start = text.rfind('\n', text.size() - 2);
  return text.substr(start + 1);
}

TEST(KneeCsv, of_the_disk_pool_answers_8_and_16_in_whatever_order_the_rows_are) {
  auto rows = disk_rows;
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    std::shuffle(rows.begin(), rows.end(), random);
    std::string csv = "pool_size,throughput,p99_ms,threads\n";
    for (const auto& row : rows) csv += row + "\n";
    EXPECT_EQ(last_line(csv, tuner::Objective::balanced), "sweet spot: 8 (balanced)\n") << csv;
    EXPECT_EQ(last_line(csv, tuner::Objective::throughput), "sweet spot: 16 (throughput)\n") << csv;
  }
}

TEST(KneeCsv, of_a_curve_that_still_rises_answers_not_reached) {
  EXPECT_EQ(last_line("pool_size,throughput,p99_ms\n1,100,10\n2,200,10\n4,400,10\n",
                      tuner::Objective::balanced),
            "sweet spot: not reached (balanced)\n");
}

TEST(KneeCsv, takes_columns_in_any_order_and_without_those_that_may_be_missing) {
  const auto curve = read("p99_ms,pool_size,throughput\n10.5,4,400.25\n");
  ASSERT_TRUE(curve) << curve.error;
  ASSERT_EQ((*curve).size(), 1u);
  const auto& point = (*curve).front();
  EXPECT_EQ(point.pool_size, 4);
  EXPECT_EQ(point.throughput, 400.25);
  EXPECT_EQ(point.p99, std::chrono::microseconds(10500));
  EXPECT_FALSE(point.p50);
}

TEST(KneeCsv, takes_p50_where_it_is_there) {
  const auto curve = read("pool_size,throughput,p50_ms,p99_ms,threads\n4,400,9,10,8\n8,600,,15,\n");
  ASSERT_TRUE(curve) << curve.error;
  EXPECT_EQ((*curve)[0].p50, std::chrono::milliseconds(9));
  EXPECT_FALSE((*curve)[1].p50);
}

TEST(KneeCsv, leaves_out_rows_that_a_sweep_found_invalid) {
  const auto curve = read(
      "pool_size,throughput,p50_ms,p99_ms,threads,valid\n"
      "4,400,9,10,8,true\n8,0,0,0,,false\n");
  ASSERT_TRUE(curve) << curve.error;
  EXPECT_EQ((*curve).size(), 1u);
}

TEST(KneeCsv, takes_what_spreadsheets_write) {
  const auto curve =
      read("\xEF\xBB\xBF\"pool_size\", throughput ,p99_ms\r\n\r\n\"4\", 400 ,1e1\r\n");
  ASSERT_TRUE(curve) << curve.error;
  EXPECT_EQ((*curve)[0].p99, std::chrono::milliseconds(10));
}

TEST(KneeCsv, says_where_which_value_is_wrong_and_what_is_allowed) {
  const auto error = error_of("pool_size,throughput,p99_ms\n1,100,10\n4,many,10\n");
  EXPECT_EQ(error, "table.csv, line 3: column throughput is \"many\"; allowed is a number above 0");
}

TEST(KneeCsv, refuses_values_that_are_out_of_range) {
  const std::string head = "pool_size,throughput,p50_ms,p99_ms,threads\n";
  for (const auto* row :
       {"0,1,1,1,1", "-4,1,1,1,1", "1.5,1,1,1,1", "x,1,1,1,1", ",1,1,1,1", "99999999999,1,1,1,1"}) {
    EXPECT_THAT(error_of(head + row), HasSubstr("line 2: column pool_size")) << row;
  }
  for (const auto* row : {"1,0,1,1,1", "1,-1,1,1,1", "1,nan,1,1,1", "1,inf,1,1,1", "1,1e,1,1,1"}) {
    EXPECT_THAT(error_of(head + row), HasSubstr("line 2: column throughput")) << row;
  }
  EXPECT_THAT(error_of(head + "1,1,x,1,1"), HasSubstr("column p50_ms"));
  EXPECT_THAT(error_of(head + "1,1,1,,1"), HasSubstr("column p99_ms"));
  EXPECT_THAT(error_of(head + "1,1,1,1,-1"), HasSubstr("column threads"));
}

TEST(KneeCsv, refuses_a_size_that_stands_there_twice) {
  EXPECT_THAT(error_of("pool_size,throughput,p99_ms\n4,1,1\n4,2,1\n"),
              HasSubstr("line 3: column pool_size is \"4\""));
}

TEST(KneeCsv, refuses_rows_that_do_not_fit_the_header) {
  EXPECT_THAT(error_of("pool_size,throughput,p99_ms\n4,1\n"), HasSubstr("line 2: 2 values"));
  EXPECT_THAT(error_of("pool_size,throughput,p99_ms\n4,1,1,1\n"), HasSubstr("line 2: 4 values"));
}

TEST(KneeCsv, refuses_headers_it_does_not_understand) {
  EXPECT_THAT(error_of("pool_size,throughput\n"), HasSubstr("column p99_ms is missing"));
  EXPECT_THAT(error_of("pool_size,throughput,p99_ms,colour\n"),
              HasSubstr("unknown column \"colour\""));
  EXPECT_THAT(error_of("pool_size,pool_size,throughput,p99_ms\n"), HasSubstr("twice"));
  EXPECT_THAT(error_of("1,100,10\n"), HasSubstr("unknown column \"1\""));
}

TEST(KneeCsv, refuses_a_table_without_content) {
  EXPECT_THAT(error_of(""), HasSubstr("table.csv is empty"));
  EXPECT_THAT(error_of("pool_size,throughput,p99_ms\n"), HasSubstr("no row"));
}

}  // namespace
}  // namespace sweetspot::loadgen
