// What people see, held against files. SWEETSPOT_WRITE_GOLDEN=1 writes them anew, to be read before
// they are kept.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <tuple>

#include "service/ctl/commands.hpp"
#include "service/ctl/completion.hpp"
#include "service/ctl/knee_picture.hpp"
#include "service/ctl/render.hpp"
#include "tests/service/ctl/samples.hpp"

namespace sweetspot::ctl {
namespace {

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = SWEETSPOT_SOURCE_DIR "/tests/service/ctl/golden/" + name;
  if (std::getenv("SWEETSPOT_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, golden) << "of " << path;
}

TEST(Golden, status) {
  expect_golden("status.txt", status_text(sample()));
  expect_golden("status.json", to_json(sample()) + "\n");
  expect_golden("status.yaml", to_yaml(sample()));
}

TEST(Golden, table_of_a_watch) {
  expect_golden("watch.txt", table_text(sample(), sample_verdicts()));
}

TEST(Golden, curve) {
  expect_golden("curve.txt", curve_text(sample_curve()));
  expect_golden("curve.yaml", to_yaml(sample_curve()));
}

TEST(Golden, doctor) { expect_golden("doctor.txt", diagnosis_text(sample_diagnosis())); }

TEST(Golden, explanation) {
  auto status = sample();
  expect_golden("explain.txt", explanation_text(status, sample_curve(), sample_verdicts()));
  status.set_limit(12);
  status.set_held_limit(12);
  status.set_pinned(true);
  status.set_pin_expires_unix_ms(1700003600000);
  status.set_queued(0);
  status.set_in_flight(3);
  auto verdicts = sample_verdicts();
  verdicts.push_back(sample_verdict(4, 8, 12, "pinned", "8 → 12: an operator pinned it"));
  verdicts.back().set_who("alice");
  verdicts.back().set_comment("the sale");
  auto curve = sample_curve();
  curve.set_held_limit(12);
  expect_golden("explain_pinned.txt", explanation_text(status, curve, verdicts));
}

TEST(Golden, explanation_before_anything_was_learnt) {
  v1::Status status;
  status.set_limit(8);
  status.set_held_limit(8);
  status.set_state("start");
  status.set_objective("balanced");
  status.set_mode("enforce");
  v1::Curve curve;
  curve.set_sentence("not reached: at least two levels of different in-flight are needed");
  curve.set_e_star(0.32);
  expect_golden("explain_start.txt",
                explanation_text(status, curve, {sample_verdict(1, 8, 8, "start", "start at 8")}));
}

TEST(Golden, configuration) {
  v1::Config config;
  for (const auto& [name, value, where] :
       {std::tuple{"upstream", "127.0.0.1:8000", "sidecar.yaml:3"},
        {"bypass.paths", "[/healthz]", ""},
        {"upstream.version", "a: b #\x1b[2J", "--upstream.version"},
        {"state.file", "none", ""}}) {
    auto& key = *config.add_keys();
    key.set_name(name);
    key.set_value(value);
    key.set_where(where);
  }
  expect_golden("config.yaml", config_text(config));
  v1::ConfigReview review;
  review.add_applied("limit.max");
  review.add_restart("workers");
  expect_golden("review.txt", review_text(review, "changed at once"));
}

TEST(Golden, completion) { expect_golden("completion.bash", bash_completion(describe_commands())); }

TEST(Picture, draws_nothing_of_nothing_and_survives_any_figures) {
  EXPECT_EQ(knee_picture({}), "");
  v1::Curve curve;
  for (const double value : {0.0, -1.0, 1e300, 1e-300, 0.5, 3.0}) {
    auto& point = *curve.add_points();
    point.set_in_flight(value);
    point.set_throughput(value);
    point.set_limit(1);
  }
  EXPECT_NE(knee_picture(curve), "");
  curve.mutable_points()->DeleteSubrange(0, 5);
  EXPECT_NE(knee_picture(curve), "");  // one point
}

TEST(Picture, has_the_held_limit_in_its_place_where_nothing_was_measured_there) {
  v1::Curve curve;
  auto& point = *curve.add_points();
  point.set_limit(64);
  point.set_in_flight(64);
  point.set_throughput(720);
  curve.set_held_limit(8);
  EXPECT_NE(knee_picture(curve).find("\n         8        16       32       64 in flight\n"
                                     "         ^ held limit 8\n"),
            std::string::npos)
      << knee_picture(curve);
  curve.set_held_limit(1'000'000);  // too far to draw
  EXPECT_LT(knee_picture(curve).find('\n', knee_picture(curve).find("+--")), 1000u);
}

}  // namespace
}  // namespace sweetspot::ctl
