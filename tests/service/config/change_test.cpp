#include "service/config/change.hpp"

#include <gmock/gmock.h>

#include "service/config/keys.hpp"
#include "tests/service/readme.hpp"

namespace sweetspot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded document(const std::string& yaml, std::vector<const char*> flags = {}) {
  flags.insert(flags.begin(), "sweetspot");
  return load_document(static_cast<int>(flags.size()), flags.data(), "document", yaml);
}

TEST(Change, applies_what_a_running_sidecar_can_take_and_names_what_it_cannot) {
  const auto start = document("request: {timeout: 5s}\nworkers: 1\n");
  const auto made = change(start, document("request: {timeout: 7s}\nworkers: 2\nmode: shadow\n"));
  EXPECT_THAT(made.errors, IsEmpty());
  EXPECT_THAT(made.applied, ElementsAre("mode", "request.timeout"));
  EXPECT_THAT(made.restart, ElementsAre("workers"));
  EXPECT_EQ(made.in_force.config.proxy.request_timeout, std::chrono::seconds(7));
  EXPECT_EQ(made.in_force.config.proxy.workers, 1);
}

TEST(Change, goes_back_to_the_default_of_a_key_that_is_gone) {
  const auto made = change(document("request: {timeout: 5s}\n"), document(""));
  EXPECT_THAT(made.applied, ElementsAre("request.timeout"));
  EXPECT_EQ(made.in_force.config.proxy.request_timeout, Config{}.proxy.request_timeout);
}

TEST(Change, is_nothing_where_only_the_writing_differs) {
  const auto made =
      change(document("request: {timeout: 60s}\n"), document("request.timeout: 1m\n"));
  EXPECT_THAT(made.applied, IsEmpty());
  EXPECT_THAT(made.restart, IsEmpty());
}

TEST(Change, lets_flags_go_on_winning) {
  const std::vector<const char*> flags{"--request.timeout", "5s"};
  const auto made = change(document("", flags), document("request: {timeout: 7s}\n", flags));
  EXPECT_THAT(made.applied, IsEmpty());
}

TEST(Change, of_a_wrong_document_changes_nothing_and_says_why) {
  const auto made = change(document(""), document("mode: on\nrequest: {timeout: 7s}\n"));
  EXPECT_THAT(made.errors, ElementsAre(HasSubstr("document:1: mode: found on")));
  EXPECT_THAT(made.applied, IsEmpty());
}

TEST(Change, keeps_naming_what_waits_for_a_restart_until_it_is_taken_back) {
  const auto start = document("workers: 1\n");
  const auto first = change(start, document("workers: 2\n"));
  const auto second = change(first.in_force, document("workers: 2\nmode: off\n"));
  EXPECT_THAT(second.restart, ElementsAre("workers"));
  EXPECT_THAT(change(second.in_force, document("workers: 1\n")).restart, IsEmpty());
}

TEST(Change, takes_other_weights_of_the_same_classes_and_groups) {
  const auto start = document("groups: [g, h]\nclasses: [a share=2, b fair_by=x group=h]\n");
  const auto weights = change(
      start,
      document(
          "groups: [g share=3, h]\nclasses: [a priority=5 timeout=1s, b fair_by=x group=h]\n"));
  EXPECT_THAT(weights.applied, ElementsAre("groups", "classes"));
  EXPECT_THAT(weights.restart, IsEmpty());
  EXPECT_EQ(weights.in_force.config.admission.classes[1].priority, 5);
  EXPECT_EQ(weights.in_force.config.admission.classes[1].queue_timeout, std::chrono::seconds(1));
  EXPECT_EQ(weights.in_force.config.admission.groups[0].share, 3);
}

TEST(Change, of_classes_to_others_waits_for_a_restart) {
  const auto start = document("groups: [g, h]\nclasses: [a, b]\n");
  for (const auto* other :
       {"groups: [g, h]\nclasses: [b, a]\n", "groups: [g, h]\nclasses: [a]\n",
        "groups: [g, h]\nclasses: [a, b, c]\n", "groups: [g, h]\nclasses: [a, b group=h]\n",
        "groups: [g, h]\nclasses: [a, b fair_by=x]\n"}) {
    const auto made = change(start, document(other));
    EXPECT_THAT(made.applied, IsEmpty()) << other;
    EXPECT_THAT(made.restart, ElementsAre("classes")) << other;
    EXPECT_EQ(made.in_force.config.admission.classes.size(), 3u) << other;
  }
}

TEST(Change, of_what_is_live_is_a_sentence_of_the_readme) {
  std::vector<std::string> live;
  for (const Key& key : keys())
    if (is_live(key.name)) live.push_back(key.name);
  EXPECT_THAT(tests::readme_names("Taken at once:"), testing::UnorderedElementsAreArray(live));
}

}  // namespace
}  // namespace sweetspot::config
