#include "service/control/api/access.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

namespace sweetspot::control {
namespace {

using testing::HasSubstr;

const WallTime now = std::chrono::system_clock::from_time_t(1'800'000'000);  // 2027-01-15

TEST(Access, keeps_to_this_machine_unless_it_can_tell_who_calls) {
  EXPECT_EQ(judge_access({}, "127.0.0.1").allowed, "");
  EXPECT_EQ(judge_access({}, "unix:/run/s").allowed, "");
  for (const auto* host : {"0.0.0.0", "::", "10.0.0.1", "example.org"})
    EXPECT_THAT(judge_access({}, host).allowed, HasSubstr("a loopback address")) << host;
  EXPECT_THAT(judge_access({.certificate = "c", .key = "k"}, "0.0.0.0").allowed,
              HasSubstr("access.tokens"));
  EXPECT_EQ(judge_access({.certificate = "c", .key = "k", .tokens = "t"}, "0.0.0.0").allowed, "");
  EXPECT_THAT(judge_access({.tokens = "t"}, "0.0.0.0").allowed, HasSubstr("access.certificate"));
}

TEST(Access, refuses_settings_that_lack_their_other_half) {
  EXPECT_NE(judge_access({.certificate = "c"}, "::1").allowed, "");
  EXPECT_NE(judge_access({.client_ca = "ca"}, "::1").allowed, "");
  EXPECT_NE(judge_access({.certificate = "c", .key = "k", .operators = {"a"}}, "::1").allowed, "");
}

TEST(Tokens, are_read_with_their_role_and_end) {
  const auto read = parse_tokens(
      "# who\n\nalice operator alices-secret-0001\n"
      "bob reader bobs-secret-00001 2027-06-01T00:00:00Z # until summer\n");
  ASSERT_EQ(read.error, "");
  ASSERT_EQ(read.tokens.size(), 2u);
  EXPECT_EQ(identify(read.tokens, "alices-secret-0001", now)->role, Role::operator_);
  EXPECT_EQ(identify(read.tokens, "bobs-secret-00001", now)->name, "bob");
  EXPECT_FALSE(identify(read.tokens, "bobs-secret-00001", now + std::chrono::hours(24 * 300)));
}

TEST(Tokens, do_not_match_by_a_part_or_by_nothing) {
  const auto read = parse_tokens("alice operator abcdefghabcdefgh\n");
  for (const auto* secret : {"", "abcdefgh", "abcdefghabcdefg", "abcdefghabcdefghabcdefghabcdefgh"})
    EXPECT_FALSE(identify(read.tokens, secret, now)) << secret;
}

TEST(Tokens, are_refused_as_a_whole_where_a_line_is_wrong) {
  for (const auto* line : {"alice operator", "alice admin abcdefghabcdefgh", "alice reader short",
                           "alice reader abcdefghabcdefgh tomorrow", "a b c d e"}) {
    std::string text = "bob reader bobs-secret-00001\n";
    text += line;
    const auto read = parse_tokens(text);
    EXPECT_THAT(read.error, HasSubstr("line 2")) << line;
    EXPECT_TRUE(read.tokens.empty());
  }
}

TEST(TokenFile, counts_as_it_is_at_each_call) {
  char path[] = "/tmp/sweetspot-tokens-XXXXXX";
  ::close(::mkstemp(path));
  TokenFile file(path);
  std::ofstream(path) << "alice operator alices-secret-0001\n";
  EXPECT_TRUE(file.identify("alices-secret-0001", now));
  std::ofstream(path) << "alice operator another-secret-02\n";
  EXPECT_FALSE(file.identify("alices-secret-0001", now));
  EXPECT_TRUE(file.identify("another-secret-02", now));
  std::ofstream(path) << "nonsense\n";
  EXPECT_FALSE(file.identify("another-secret-02", now));
  EXPECT_THAT(file.error(), HasSubstr("line 1"));
  std::remove(path);
  EXPECT_FALSE(file.identify("another-secret-02", now));
  EXPECT_THAT(file.error(), HasSubstr("cannot be read"));
}

TEST(TokenFile, is_asked_by_many_threads_while_it_changes) {
  char path[] = "/tmp/sweetspot-tokens-XXXXXX";
  ::close(::mkstemp(path));
  std::ofstream(path) << "alice operator alices-secret-0001\n";
  TokenFile file(path);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i)
      callers.emplace_back([&](std::stop_token stop) {
        do {
          EXPECT_FALSE(file.identify("a-secret-nobody-has", now));
          (void)file.error();
        } while (!stop.stop_requested());
      });
    for (int i = 0; i < 50; ++i) {
      const std::string fresh = std::string(path) + ".new";
      std::ofstream(fresh) << "alice operator alices-secret-" << 1000 + i << "\n";
      std::rename(fresh.c_str(), path);
      EXPECT_TRUE(file.identify("alices-secret-" + std::to_string(1000 + i), now));
    }
  }
  std::remove(path);
}

}  // namespace
}  // namespace sweetspot::control
