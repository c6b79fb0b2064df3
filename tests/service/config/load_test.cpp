#include "service/config/load.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace sweetspot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// A configuration file that is removed at the end of the test.
class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/sweetspot-config-XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Loaded load_with(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "sweetspot");
  return load(static_cast<int>(flags.size()), flags.data());
}

std::vector<std::string> errors_of(const std::string& yaml) {
  const File file(yaml);
  auto errors = load_with({"--config", file.path().c_str()}).errors;
  for (auto& error : errors)
    if (error.starts_with(file.path())) error.replace(0, file.path().size(), "file");
  return errors;
}

// In these the library finds one document after the other, and memory for each.
TEST(Load, comes_to_an_end_with_text_that_does_not) {
  for (const char* text : {",\n   |\n", ",\n"})
    EXPECT_THAT(errors_of(text), Not(IsEmpty())) << text;
}

TEST(Load, says_nothing_that_a_terminal_obeys) {
  EXPECT_THAT(errors_of("mode: \"\\e[2J\\n\"\n"),
              ElementsAre(StartsWith("file:1: mode: found \\x1b[2J\\n, allowed: one of")));
  EXPECT_THAT(errors_of("\"\\e[31m\": 1\n"), ElementsAre(StartsWith("file:1: \\x1b[31m: found")));
}

TEST(Load, without_arguments_gives_the_defaults) {
  const auto loaded = load_with({});
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.proxy.listen.front().endpoint.port, 8080);
  EXPECT_EQ(loaded.config.proxy.listen.front().endpoint.host, "0.0.0.0");
  EXPECT_EQ(loaded.config.admin.port, 9901);
  EXPECT_EQ(loaded.config.admin.host, "127.0.0.1");
  EXPECT_EQ(loaded.config.control.port, 9902);
}

TEST(Load, reads_every_kind_of_key_from_the_file) {
  const File file(
      "upstream: localhost:9000\n"
      "limit: {initial: 4, max: 64}\n"
      "queue:\n  size: 20\n  timeout: 250ms\n"
      "buffer: {request: 1MiB}\n"
      "tuner:\n  objective: latency\n  p99_bound: 50ms\n"
      "bypass:\n  paths: [/healthz, /ping]\n");
  const auto loaded = load_with({"--config", file.path().c_str()});
  ASSERT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.proxy.upstream.front().host, "localhost");
  EXPECT_EQ(loaded.config.limit.initial.number, 4);
  EXPECT_EQ(loaded.config.admission.queue_size, 20u);
  EXPECT_EQ(loaded.config.admission.queue_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(loaded.config.proxy.request_buffer, 1024u * 1024u);
  EXPECT_EQ(loaded.config.tuning.p99_bound, std::chrono::milliseconds(50));
  EXPECT_THAT(loaded.config.proxy.bypass_paths, ElementsAre("/healthz", "/ping"));
}

TEST(Load, lets_flags_override_the_file) {
  const File file("queue: {size: 20, timeout: 1s}\n");
  const auto loaded = load_with({"--config", file.path().c_str(), "--queue.size", "30"});
  EXPECT_EQ(loaded.config.admission.queue_size, 30u);
  EXPECT_EQ(loaded.config.admission.queue_timeout, std::chrono::seconds(1));
}

TEST(Load, takes_a_list_from_a_flag) {
  const auto loaded = load_with({"--bypass.paths", "/a", "/b"});
  EXPECT_THAT(loaded.config.proxy.bypass_paths, ElementsAre("/a", "/b"));
}

TEST(Load, accepts_an_empty_file) { EXPECT_THAT(errors_of("# nothing\n"), IsEmpty()); }

TEST(Load, names_an_unknown_key_its_line_and_the_keys_that_exist) {
  EXPECT_THAT(errors_of("queue:\n  size: 5\n  depth: 5\n"),
              ElementsAre("file:3: queue.depth: found an unknown key, allowed: size, timeout, "
                          "bytes, discipline, codel_target, "
                          "standing_after"));
  EXPECT_THAT(errors_of("quue: 5\n"),
              ElementsAre(StartsWith("file:1: quue: found an unknown key, allowed: listen, upst")));
}

TEST(Load, names_a_wrong_type_and_what_is_allowed) {
  EXPECT_THAT(errors_of("queue:\n  size: many\n"),
              ElementsAre("file:2: queue.size: found many, allowed: a number from 0 to 1000000"));
  EXPECT_THAT(errors_of("\nworkers: [1, 2]\n"),
              ElementsAre("file:2: workers: found a list, allowed: a number from 1 to 256"));
  EXPECT_THAT(
      errors_of("queue: 5\n"),
      ElementsAre("file:1: queue: found 5, allowed: a map of size, timeout, bytes, discipline, "
                  "codel_target, standing_after"));
  EXPECT_THAT(errors_of("workers:\n"),
              ElementsAre("file:1: workers: found nothing, allowed: a number from 1 to 256"));
}

TEST(Load, names_a_value_out_of_range) {
  EXPECT_THAT(
      errors_of("request: {timeout: 0s}\n"),
      ElementsAre("file:1: request.timeout: found 0s, allowed: a duration from 1ms to 24h"));
}

TEST(Load, reports_all_errors_at_once) {
  EXPECT_THAT(errors_of("workers: 0\nmode: on\nfoo: 1\n"),
              ElementsAre(HasSubstr("file:3: foo"), HasSubstr("file:1: workers"),
                          HasSubstr("file:2: mode")));
}

TEST(Load, refuses_a_key_that_is_given_twice) {
  EXPECT_THAT(errors_of("workers: 1\nworkers: 2\n"),
              ElementsAre("file:2: workers: found it a second time, allowed: each key once"));
}

TEST(Load, names_the_line_of_a_syntax_error) {
  EXPECT_THAT(errors_of("workers: 1\nqueue: [1\n"), ElementsAre(HasSubstr("syntax: found")));
  EXPECT_THAT(errors_of("- 1\n"), ElementsAre(StartsWith("file:1: document: found a list")));
  EXPECT_THAT(errors_of("mode: off\n---\nmode: off\n"),
              ElementsAre(HasSubstr("document: found a second one")));
}

TEST(Load, says_that_a_file_cannot_be_read) {
  EXPECT_THAT(load_with({"--config", "/nonexistent/s.yaml"}).errors,
              ElementsAre("/nonexistent/s.yaml: cannot be read: No such file or directory"));
}

TEST(Load, reads_no_file_without_end) {
  EXPECT_THAT(load_with({"--config", "/dev/zero"}).errors,
              ElementsAre("/dev/zero: has more than 1 MiB"));
  EXPECT_THAT(load_with({"--operator.token_file", "/dev/zero"}).errors,
              ElementsAre(HasSubstr("operator.token_file: found /dev/zero")));
}

// What has been read from a pipe is gone: all keys would be at their defaults.
TEST(Load, reads_the_file_again_only_where_that_can_be_done) {
  const std::vector<const char*> flags{"sweetspot", "--config", "/dev/null"};
  EXPECT_THAT(load(3, flags.data()).errors, IsEmpty());
  EXPECT_THAT(load_again(3, flags.data()).errors, ElementsAre("/dev/null: is not a regular file"));
}

TEST(Load, blames_the_address_that_others_could_reach) {
  EXPECT_THAT(load_with({"--control", "0.0.0.0:1", "--access.tokens", "/t"}).errors,
              ElementsAre(StartsWith("--control: control: found 0.0.0.0:1, allowed: a loopback")));
}

TEST(Load, refuses_an_upstream_that_is_the_sidecar_itself) {
  EXPECT_THAT(errors_of("upstream: 127.0.0.1:8080\n"),
              ElementsAre("file:1: upstream: found 127.0.0.1:8080, allowed: another upstream than "
                          "ourselves, for listen is 0.0.0.0:8080"));
  EXPECT_THAT(errors_of("upstream: [10.0.0.1:80, localhost:9901]\n"),
              ElementsAre(HasSubstr("for admin is 127.0.0.1:9901")));
  EXPECT_THAT(errors_of("upstream: 127.0.0.1:80\ncontrol: 127.0.0.1:80\n"),
              ElementsAre(HasSubstr("file:2: control: found 127.0.0.1:80")));
  EXPECT_THAT(errors_of("listen: unix:/run/a\nupstream: unix:/run/a\n"),
              ElementsAre(HasSubstr("for listen is unix:/run/a")));
  EXPECT_THAT(errors_of("listen: 10.0.0.1:80\nupstream: 127.0.0.1:80\n"), IsEmpty());
  EXPECT_THAT(errors_of("listen: unix:/run/a\nupstream: unix:/run/b\n"), IsEmpty());
}

TEST(Load, names_the_flag_of_a_wrong_value) {
  EXPECT_THAT(load_with({"--queue.timeout", "soon"}).errors,
              ElementsAre("--queue.timeout: queue.timeout: found soon, allowed: a duration from "
                          "1ms to 1h"));
}

TEST(Load, refuses_an_unknown_flag_and_a_stray_word) {
  EXPECT_THAT(load_with({"--limits.max", "5"}).errors, ElementsAre(HasSubstr("--limits.max 5")));
  EXPECT_THAT(load_with({"start"}).errors, ElementsAre(HasSubstr("start")));
}

TEST(Load, refuses_a_file_without_a_name) {
  EXPECT_THAT(load_with({"--config", ""}).errors,
              ElementsAre("--config: found nothing, allowed: the path of a file"));
}

TEST(Load, blames_the_key_written_last_where_two_do_not_fit) {
  EXPECT_THAT(errors_of("limit:\n  min: 10\n  max: 5\n"),
              ElementsAre("file:3: limit.max: found 5, allowed: limit.min at or below limit.max"));
  EXPECT_THAT(errors_of("limit:\n  max: 16\n  pin: 20\n"),
              ElementsAre("file:3: limit.pin: found 20, allowed: limit.pin from limit.min to "
                          "limit.max, 1 to 16"));
}

TEST(Load, wants_a_bound_with_objective_latency_and_only_there) {
  EXPECT_THAT(errors_of("tuner: {objective: latency}\n"),
              ElementsAre(HasSubstr("tuner.p99_bound as well")));
  EXPECT_THAT(errors_of("tuner: {p99_bound: 5ms}\n"),
              ElementsAre(HasSubstr("only with tuner.objective latency")));
}

TEST(Load, knows_check_help_and_version) {
  EXPECT_TRUE(load_with({"--check"}).check);
  EXPECT_THAT(load_with({"--help"}).info.value(), HasSubstr("--queue.timeout"));
  EXPECT_EQ(load_with({"--version"}).info.value(), "sweetspot " SWEETSPOT_VERSION "\n");
}

TEST(Load, resolves_groups_classes_and_rules) {
  const File file(
      "groups: [fast share=3, slow]\n"
      "classes:\n  - checkout priority=10 share=4 timeout=250ms group=fast\n  - reports "
      "fair_by=X-Tenant "
      "group=slow\n"
      "rules:\n  - bypass path=/healthz\n  - class=checkout method=POST,PUT path=/checkout/*\n"
      "  - class=reports header=X-Kind:report\n");
  const auto loaded = load_with({"--config", file.path().c_str()});
  ASSERT_THAT(loaded.errors, IsEmpty());
  const auto& classes = loaded.config.admission.classes;
  ASSERT_EQ(classes.size(), 3u);
  EXPECT_EQ(classes[1].priority, 10);
  EXPECT_EQ(classes[1].queue_timeout, std::chrono::milliseconds(250));
  EXPECT_FALSE(classes[2].queue_timeout);
  EXPECT_EQ(classes[2].group, 1u);
  EXPECT_TRUE(classes[2].fair);
  EXPECT_THAT(loaded.config.proxy.tenant_headers, ElementsAre("", "", "x-tenant"));
  ASSERT_EQ(loaded.config.proxy.rules.size(), 3u);
  EXPECT_TRUE(loaded.config.proxy.rules[0].bypasses);
  EXPECT_EQ(loaded.config.proxy.rules[1].cls, 1);
  EXPECT_EQ(loaded.config.proxy.rules[2].header, "x-kind");
}

TEST(Load, names_the_line_of_a_class_or_rule_that_is_wrong) {
  EXPECT_THAT(
      errors_of("classes:\n  - good share=2\n  - bad share=-1\n"),
      ElementsAre("file:3: classes: found bad share=-1, allowed: a share from 0.001 to 1000"));
  EXPECT_THAT(
      errors_of("rules:\n  - class=nobody path=/\n"),
      ElementsAre(
          "file:2: rules: found class=nobody path=/, allowed: a class of classes, or default"));
  EXPECT_THAT(
      errors_of(
          "classes:\n  - a\nrules:\n  - class=a path=/x*\n  - class=default path=/xy method=GET\n"),
      ElementsAre(testing::AllOf(StartsWith("file:5: rules: found class=default"),
                                 testing::HasSubstr("a rule that can be reached"))));
  EXPECT_THAT(
      errors_of("bypass: {paths: [/up]}\nrules:\n  - bypass path=/up\n"),
      ElementsAre("file:3: rules: found bypass path=/up, allowed: a rule that can be reached: "
                  "bypass.paths takes all of its requests"));
  EXPECT_THAT(errors_of("classes:\n  - a group=none\n"),
              ElementsAre("file:2: classes: found a group=none, allowed: a group of groups"));
  for (const std::string wrong : {"soon", "0ms", "3s"})
    EXPECT_THAT(errors_of("queue: {timeout: 2s}\nclasses:\n  - a timeout=" + wrong + "\n"),
                ElementsAre("file:3: classes: found a timeout=" + wrong +
                            ", allowed: a timeout from 1ms to queue.timeout, which is 2s"));
}

}  // namespace
}  // namespace sweetspot::config
