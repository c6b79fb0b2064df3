#include "service/ctl/commands.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/service/control/running_api.hpp"
#include "tests/support/temp_folder.hpp"

namespace sweetspot::ctl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

struct CommandsTest : testing::Test {
  CommandsTest() {
    ::setenv("XDG_CONFIG_HOME", home.c_str(), 1);  // not the file of who runs the test
  }
  ~CommandsTest() override {
    for (const char* variable : {"XDG_CONFIG_HOME", "SWEETSPOT_ADDRESS", "SWEETSPOT_CONNECTION"})
      ::unsetenv(variable);
  }

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
    return run(static_cast<int>(arguments.size()), arguments.data(), out, err, is_terminal);
  }

  const support::TempFolder own;
  const std::filesystem::path home = own.path();
  tests::RunningApi api{settings()};
  std::string address = api.address();
  std::ostringstream out, err;
  bool is_terminal = false;
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

TEST_F(CommandsTest, pins_for_a_while_and_rolls_back) {
  EXPECT_EQ(
      ctl({"--address", address, "pin", "12", "--for", "30m", "--reason", "sale", "-o", "json"}),
      0);
  auto status = json::parse(out.str());
  EXPECT_GT(status["pin_expires_unix_ms"], 0);
  EXPECT_EQ(status["last_verdict"]["comment"], "sale");
  EXPECT_EQ(ctl({"--address", address, "unpin", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out.str())["pinned"], false);
  EXPECT_EQ(ctl({"--address", address, "rollback", "1"}), 0);
  EXPECT_EQ(api.limiter.limit(), 8);
  EXPECT_EQ(ctl({"--address", address, "rollback", "99"}), 1);
  EXPECT_EQ(ctl({"--address", address, "pin", "12", "--for", "100us"}), 1) << "not for ever";
}

TEST_F(CommandsTest, gives_every_other_order) {
  EXPECT_EQ(ctl({"--address", address, "bounds", "--max", "50"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("bounds 1 to 50"));
  EXPECT_EQ(ctl({"--address", address, "objective", "latency", "--p99-bound", "20ms"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("objective latency"));
  EXPECT_EQ(
      ctl({"--address", address, "objective", "latency", "--p99-bound", "1500us", "-o", "json"}),
      0);
  EXPECT_EQ(json::parse(out.str())["p99_bound_ms"], 1.5);
  EXPECT_EQ(ctl({"--address", address, "pause"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("paused"));
  EXPECT_EQ(ctl({"--address", address, "resume"}), 0);
  EXPECT_EQ(ctl({"--address", address, "mode", "shadow"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("mode shadow"));
  EXPECT_EQ(ctl({"--address", address, "mode", "open"}), 1);
  EXPECT_EQ(ctl({"--address", address, "retune"}), 1);
}

TEST_F(CommandsTest, tells_a_refusal_from_a_wrong_command_line_from_nobody_there) {
  EXPECT_EQ(ctl({"--address", address, "pin", "5000"}), 1);
  EXPECT_EQ(err.str(), "sweetspotctl: limit: found 5000, allowed: 1 to 100\n");
  EXPECT_EQ(ctl({"--address", address, "pin", "many"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("\"many\" is not valid; allowed is a whole number"));
  EXPECT_EQ(ctl({"--address", address, "log", "--count", "-1"}), 2);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"statsu"}, {"config", "statsu"}}) {
    EXPECT_EQ(ctl(words), 2);
    EXPECT_THAT(err.str(), HasSubstr("statsu"));
  }
  EXPECT_EQ(ctl({"--address", address, "pin"}), 2);
  EXPECT_EQ(ctl({"--address", address}), 2);
  EXPECT_EQ(ctl({"--address", address, "config"}), 2);
  EXPECT_EQ(ctl({"--address", "nowhere", "status"}), 2);
  EXPECT_EQ(ctl({"--address", address, "status", "-o", "xml"}), 2);
  api.stop();
  EXPECT_EQ(ctl({"--address", address, "status"}), 3);
  EXPECT_THAT(err.str(), StartsWith("sweetspotctl: " + address + ": "));
}

TEST_F(CommandsTest, takes_the_address_from_a_flag_then_the_environment_then_a_file) {
  const auto file = home / "sweetspot" / "connection.yaml";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << "address: " << address << "\n";
  EXPECT_EQ(ctl({"status"}), 0) << err.str();
  std::ofstream(file) << "address: 127.0.0.1:1\n";
  EXPECT_EQ(ctl({"status"}), 3);
  ::setenv("SWEETSPOT_ADDRESS", address.c_str(), 1);
  EXPECT_EQ(ctl({"status"}), 0) << err.str();
  ::setenv("SWEETSPOT_ADDRESS", "127.0.0.1:1", 1);
  EXPECT_EQ(ctl({"--address", address, "status"}), 0) << err.str();
}

TEST_F(CommandsTest, says_what_is_wrong_in_a_connection_file) {
  const std::string file = home / "mine.yaml";
  std::ofstream(file) << "timeout: soon\n";
  EXPECT_EQ(ctl({"--connection", file, "status"}), 2);
  EXPECT_THAT(err.str(), StartsWith("sweetspotctl: " + file + ":1: timeout: "));
  std::ofstream(file) << "ca: none.pem\n";
  EXPECT_EQ(ctl({"--connection", file, "status"}), 2);
  EXPECT_EQ(ctl({"--connection", file + ".none", "status"}), 2);
  EXPECT_EQ(ctl({"--ca", file, "status"}), 2);
  EXPECT_THAT(err.str(), HasSubstr(file + ": holds no PEM"));
}

TEST_F(CommandsTest, prints_yaml) {
  EXPECT_EQ(ctl({"--address", address, "status", "-o", "yaml"}), 0);
  EXPECT_THAT(out.str(), StartsWith("---\nlimit: 8\n"));
  EXPECT_EQ(ctl({"--address", address, "health", "-o", "yaml"}), 0);
  EXPECT_EQ(out.str(), "---\nserving: true\n");
}

TEST_F(CommandsTest, shows_the_curve_and_explains_the_limit) {
  EXPECT_EQ(ctl({"--address", address, "curve"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("not reached"));
  EXPECT_EQ(ctl({"--address", address, "curve", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out.str())["points"].size(), 0u);
  EXPECT_EQ(ctl({"--address", address, "pin", "12", "--reason", "sale"}), 0);
  EXPECT_EQ(ctl({"--address", address, "explain"}), 0);
  EXPECT_THAT(out.str(), StartsWith("The limit is 12.\nWhy: "));
  EXPECT_THAT(out.str(), HasSubstr("sale"));
}

TEST_F(CommandsTest, tells_what_the_doctor_found) {
  EXPECT_EQ(ctl({"--address", address, "doctor"}), 0) << err.str();
  EXPECT_THAT(out.str(), StartsWith("ok       clock        fine\n"));
  api.findings.push_back({"upstream", platform::Finding::Level::problem, "gone"});
  EXPECT_EQ(ctl({"--address", address, "doctor", "-o", "json"}), 1);
  EXPECT_EQ(json::parse(out.str())["findings"][1]["level"], "problem");
  EXPECT_EQ(err.str(), "sweetspotctl: doctor found a problem: upstream\n");
}

TEST_F(CommandsTest, draws_a_live_table_on_a_terminal) {
  is_terminal = true;
  EXPECT_EQ(ctl({"--address", address, "watch", "--interval", "50ms", "--count", "2"}), 0);
  EXPECT_THAT(out.str(), StartsWith("\x1b[2J\x1b[Hlimit       8"));
  EXPECT_THAT(out.str(), HasSubstr("start  "));
  EXPECT_EQ(ctl({"--address", address, "watch", "--interval", "50ms", "--count", "2", "--lines"}),
            0);
  EXPECT_THAT(out.str(), StartsWith("limit    8  in flight"));
}

TEST_F(CommandsTest, watches_as_json_one_object_a_line) {
  EXPECT_EQ(
      ctl({"--address", address, "watch", "--interval", "50ms", "--count", "3", "-o", "json"}), 0);
  std::istringstream lines(out.str());
  int seen = 0;
  for (std::string line; std::getline(lines, line); ++seen)
    EXPECT_EQ(json::parse(line)["status"]["limit"], 8);
  EXPECT_EQ(seen, 3);
}

TEST_F(CommandsTest, ends_a_watch_when_the_sidecar_stops) {
  int code = -1;
  std::thread watching([&] { code = ctl({"--address", address, "watch", "--interval", "0"}); });
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
