#include "service/injector/wishes.hpp"

#include <fstream>

#include "tests/service/injector/pods.hpp"

namespace sweetspot::injector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Wishes, set_keys_of_the_sidecars_configuration) {
  auto pod = annotated(simple_pod(), "objective", "latency");
  pod = annotated(pod, "p99-bound", "50ms");
  pod = annotated(pod, "config", "queue.timeout: 2s\n  limit.max: 200\n\nbypass.paths: /a, /b\n");
  const auto outcome = inject_into(pod);
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(flag_of(outcome, "tuner.objective"), "latency");
  EXPECT_EQ(flag_of(outcome, "tuner.p99_bound"), "50ms");
  EXPECT_EQ(flag_of(outcome, "queue.timeout"), "2s");
  EXPECT_EQ(flag_of(outcome, "limit.max"), "200");
  EXPECT_EQ(flag_of(outcome, "bypass.paths"), "/a /b");
}

TEST(Wishes, that_are_wrong_are_refused_with_what_is_allowed) {
  const auto refused = [](const std::string& name, const std::string& value,
                          const std::string& words) {
    EXPECT_THAT(inject_into(annotated(simple_pod(), name, value)), is_refused(words)) << name;
  };
  refused("objective", "best", "found best, allowed: one of balanced, throughput, latency");
  refused("objective", "latency", "with objective latency, tuner.p99_bound as well");
  refused("p99-bound", "soon", "a duration from");
  refused("inject", "yes", "allowed: true or false");
  refused("probes", "never", "allowed: sidecar or direct");
  refused("pre-stop", "never", "allowed: keep or wait");
  refused("config", "queue.sise: 5", "found queue.sise, allowed: a key that this release has");
  refused("config", "queue.size: many", "found many, allowed: a number");
  refused("config", "queue.size", "lines of key: value");
  refused("config", "listen: 0.0.0.0:80", "a key that does not follow from the pod");
  refused("config", "drain.delay: 1s", "a key that does not follow from the pod");
  refused("upstraem-port", "3000", "there is no such annotation");
}

// The chart's own flags are there already.
Outcome inject_beside(const std::string& flag, const Json& pod) {
  Template with = sidecar_template();
  with.container["args"].push_back(flag);
  return inject(pod, "shop", with);
}

TEST(Wishes, may_refer_to_what_the_chart_says) {
  EXPECT_THAT(
      inject_beside("--classes=heavy", annotated(simple_pod(), "rules", "class=heavy path=/h")),
      is_injected());
  EXPECT_THAT(
      inject_beside("--tuner.p99_bound=50ms", annotated(simple_pod(), "objective", "latency")),
      is_injected());
}

TEST(Wishes, that_do_not_go_with_what_the_chart_says_are_refused) {
  const auto pod = annotated(simple_pod(), "rules", "bypass path=/healthz");
  EXPECT_THAT(inject_into(pod), is_injected());
  EXPECT_THAT(
      inject_beside("--bypass.paths=/healthz", pod),
      is_refused("annotation sweetspot/rules: rules: found bypass path=/healthz, allowed: a "
                 "rule that can be reached"));
}

TEST(Wishes, do_not_need_a_file_here_that_only_the_pod_has) {
  const auto pod = annotated(simple_pod(), "config", "operator.token_file: /only/there");
  EXPECT_THAT(inject_into(pod), is_injected());
}

TEST(Wishes, leave_annotations_of_others_alone) {
  EXPECT_THAT(
      read_wishes(
          Json::parse(R"({"sidecar.istio.io/inject":"yes","sweetspot/restart-checksum":"x"})"))
          .faults,
      IsEmpty());
}

TEST(Wishes, are_all_in_the_readme_and_no_others) {
  std::ifstream file(SWEETSPOT_SOURCE_DIR "/service/injector/README.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    const std::string begin = "| `sweetspot/";
    if (!line.starts_with(begin)) continue;
    rows.push_back(line.substr(begin.size(), line.find('`', begin.size()) - begin.size()));
  }
  EXPECT_THAT(rows, testing::ContainerEq(annotation_names()));
}

}  // namespace
}  // namespace sweetspot::injector
