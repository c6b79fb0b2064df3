#include "service/ctl/connection_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sweetspot::ctl {
namespace {

struct ConnectionFileTest : testing::Test {
  ConnectionFileTest() { path = folder / "connection.yaml"; }
  ConnectionFile read(const std::string& text) const {
    std::ofstream(path) << text;
    return read_connection_file(path);
  }

  const support::TempFolder own;
  const std::filesystem::path folder = own.path();
  std::string path;
};

TEST_F(ConnectionFileTest, gives_what_is_in_it_with_its_place) {
  const auto file = read("address: 10.0.0.1:9902\n# a comment\ntimeout: 2s\n");
  EXPECT_EQ(file.error, "");
  ASSERT_EQ(file.entries.size(), 2u);
  EXPECT_EQ(file.entries[0].value, "10.0.0.1:9902");
  EXPECT_EQ(file.entries[1].key, "timeout");
  EXPECT_EQ(file.entries[1].where, path + ":3");
}

TEST_F(ConnectionFileTest, takes_paths_from_its_own_folder) {
  const auto file = read("ca: ca.pem\nkey: /etc/key.pem\n");
  EXPECT_EQ(file.entries[0].value, (folder / "ca.pem").string());
  EXPECT_EQ(file.entries[1].value, "/etc/key.pem");
}

TEST_F(ConnectionFileTest, says_what_is_wrong_and_where) {
  EXPECT_EQ(read("address: h:1\nuser: me\n").error,
            path +
                ":2: found the key user, allowed: address, token_file, ca, certificate, key, "
                "server_name, timeout");
  EXPECT_EQ(read("address: [h]\n").error, path + ":1: address: allowed: a text");
  EXPECT_NE(read("- a\n").error.find("allowed: a map of address"), std::string::npos);
  EXPECT_NE(read("a: [\n").error.find(path + ":"), std::string::npos);
  EXPECT_EQ(read("").error, "");
  EXPECT_EQ(read_connection_file("/none/x").error,
            "/none/x: cannot be read: No such file or directory");
}

TEST(UsualConnectionFile, is_where_such_files_are) {
  ::setenv("XDG_CONFIG_HOME", "/x", 1);
  EXPECT_EQ(usual_connection_file(), "/x/sweetspot/connection.yaml");
  ::unsetenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (home == nullptr) GTEST_SKIP() << "there is no home";
  EXPECT_EQ(usual_connection_file(), std::string(home) + "/.config/sweetspot/connection.yaml");
}

}  // namespace
}  // namespace sweetspot::ctl
