#include "service/fleet/cluster.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace sweetspot::fleet {
namespace {

class ClusterTest : public testing::Test {
 protected:
  void SetUp() override {
    settings.lease = "api";
    settings.credentials = folder.string();
    std::filesystem::create_directories(folder);
    write("namespace", "shop");
    write("token", "secret\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
  }
  Found find() {
    return find_cluster(settings, [this](const char* name) -> const char* {
      const auto found = environment.find(name);
      return found == environment.end() ? nullptr : found->second.c_str();
    });
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cluster_test." + std::to_string(::getpid()));
  Settings settings;
  std::map<std::string, std::string> environment{{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                                                 {"KUBERNETES_SERVICE_PORT", "443"}};
};

TEST_F(ClusterTest, is_found_as_a_pod_finds_it) {
  const auto found = find();
  ASSERT_TRUE(found.cluster) << found.problem;
  EXPECT_EQ(found.cluster->host, "10.0.0.1");
  EXPECT_EQ(found.cluster->port, 443);
  EXPECT_EQ(found.cluster->name_space, "shop");
  EXPECT_EQ(read_token(*found.cluster), "secret");
}

TEST_F(ClusterTest, is_found_by_an_address_of_version_six) {
  environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  EXPECT_EQ(find().cluster->host, "fd00::1");
}

TEST_F(ClusterTest, is_where_the_configuration_says) {
  environment.clear();
  settings.server = "https://api.example:6443";
  settings.name_space = "other";
  const auto found = find();
  EXPECT_EQ(found.cluster->host, "api.example");
  EXPECT_EQ(found.cluster->port, 6443);
  EXPECT_EQ(found.cluster->name_space, "other");
}

TEST_F(ClusterTest, shows_a_token_that_was_replaced) {
  const auto found = find();
  write("token", "newer");
  EXPECT_EQ(read_token(*found.cluster), "newer");
}

TEST_F(ClusterTest, says_why_there_is_none) {
  environment.clear();
  EXPECT_NE(find().problem.find("this is no pod"), std::string::npos);
  environment = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  std::filesystem::remove(folder / "namespace");
  EXPECT_NE(find().problem.find("fleet.namespace is not set"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::fleet
