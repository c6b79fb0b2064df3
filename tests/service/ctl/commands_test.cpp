#include "service/ctl/commands.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/service/control/running_api.hpp"

namespace sweetspot::ctl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

struct CommandsTest : testing::Test {
  static control::Settings settings() {
    control::Settings made;
    made.tuner.max = 100;
    return made;
  }

  int ctl(std::vector<std::string> words) {
    std::vector<const char*> arguments{"sweetspotctl"};
    for (const auto& word : words) arguments.push_back(word.c_str());
    out.str({});
    err.str({});
    return run(static_cast<int>(arguments.size()), arguments.data(), out, err);
  }

  tests::RunningApi api{settings()};
  std::string address = api.address();
  std::ostringstream out, err;
};

TEST_F(CommandsTest, shows_the_status_for_people_and_for_machines) {
  EXPECT_EQ(ctl({"--address", address, "status"}), 0);
  EXPECT_THAT(out.str(), StartsWith("limit       8, bounds 1 to 100\n"));
  EXPECT_EQ(ctl({"--address", address, "status", "-o", "json"}), 0);
  const auto status = json::parse(out.str());
  EXPECT_EQ(status["limit"], 8);
  EXPECT_EQ(status["pinned"], false);
  EXPECT_EQ(status["last_verdict"]["reason"], "start");
}

TEST_F(CommandsTest, takes_its_options_before_and_after_the_command) {
  EXPECT_EQ(ctl({"status", "-o", "json", "--address", address}), 0);
  EXPECT_TRUE(json::parse(out.str()).contains("held_limit"));
}

TEST_F(CommandsTest, pins_sets_and_retunes) {
  EXPECT_EQ(ctl({"--address", address, "pin", "12", "--comment", "why", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out.str())["last_verdict"]["comment"], "why");
  EXPECT_EQ(api.limiter.limit(), 12);
  EXPECT_EQ(ctl({"--address", address, "set-limit", "20"}), 0);
  EXPECT_THAT(out.str(), StartsWith("limit       20, bounds 1 to 100, pinned\n"));
  EXPECT_EQ(ctl({"--address", address, "retune", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out.str())["pinned"], false);
}

TEST_F(CommandsTest, tells_a_refusal_from_a_wrong_command_line_from_nobody_there) {
  EXPECT_EQ(ctl({"--address", address, "pin", "5000"}), 1);
  EXPECT_EQ(err.str(), "sweetspotctl: limit: found 5000, allowed: 1 to 100\n");
  EXPECT_EQ(ctl({"--address", address, "pin", "many"}), 2);
  EXPECT_EQ(ctl({"--address", address, "pin"}), 2);
  EXPECT_EQ(ctl({"--address", address}), 2);
  EXPECT_EQ(ctl({"--address", "nowhere", "status"}), 2);
  EXPECT_EQ(ctl({"--address", address, "status", "-o", "xml"}), 2);
  api.stop();
  EXPECT_EQ(ctl({"--address", address, "status"}), 3);
  EXPECT_THAT(err.str(), StartsWith("sweetspotctl: " + address + ": "));
}

TEST_F(CommandsTest, watches_as_json_one_object_a_line) {
  EXPECT_EQ(ctl({"--address", address, "watch", "--interval", "50ms", "--count", "3", "-o", "json"}),
            0);
  std::istringstream lines(out.str());
  int seen = 0;
  for (std::string line; std::getline(lines, line); ++seen)
    EXPECT_EQ(json::parse(line)["status"]["limit"], 8);
  EXPECT_EQ(seen, 3);
}

TEST_F(CommandsTest, ends_a_watch_when_the_sidecar_stops) {
  int code = -1;
  std::thread watching(
      [&] { code = ctl({"--address", address, "watch", "--interval", "0"}); });
  api.stop();
  watching.join();
  EXPECT_EQ(code, 3);
}

TEST_F(CommandsTest, tells_by_its_exit_code_whether_the_sidecar_serves) {
  EXPECT_EQ(ctl({"--address", address, "health"}), 0);
  EXPECT_EQ(out.str(), "serving\n");
  EXPECT_EQ(ctl({"--address", address, "health", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out.str())["serving"], true);
  api.api.set_draining();
  EXPECT_EQ(ctl({"--address", address, "health"}), 1);
  EXPECT_EQ(err.str(), "sweetspotctl: not serving: it drains\n");
  api.stop();
  EXPECT_EQ(ctl({"--address", address, "health"}), 3);
}

TEST_F(CommandsTest, helps) {
  EXPECT_EQ(ctl({"--help"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("retune"));
  EXPECT_EQ(ctl({"--version"}), 0);
  EXPECT_EQ(out.str(), "sweetspotctl " SWEETSPOT_VERSION "\n");
}

}  // namespace
}  // namespace sweetspot::ctl
