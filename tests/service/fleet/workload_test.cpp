#include "service/fleet/workload.hpp"

#include <gtest/gtest.h>

namespace sweetspot::fleet {
namespace {

std::string deployment(const std::string& wanted, const std::string& status) {
  return R"({"kind":"Deployment","metadata":{"generation":4},"spec":{"replicas":)" + wanted +
         R"(},"status":{)" + status + "}}";
}

constexpr auto all_three =
    R"("replicas":3,"updatedReplicas":3,"readyReplicas":3,"observedGeneration":4)";

TEST(Workload, is_steady_when_all_pods_are_there_new_and_ready) {
  const auto workload = parse_workload(deployment("3", all_three));
  ASSERT_TRUE(workload);
  EXPECT_TRUE(workload->is_steady);
  EXPECT_EQ(workload->figures, "3/3/3 of 3, generation 4");
}

TEST(Workload, is_not_steady_during_a_rollout_a_scaling_or_an_outage) {
  for (const auto* status :
       {R"("replicas":4,"updatedReplicas":1,"readyReplicas":3,"observedGeneration":4)",
        R"("replicas":2,"updatedReplicas":2,"readyReplicas":2,"observedGeneration":4)",
        R"("replicas":3,"updatedReplicas":3,"readyReplicas":2,"observedGeneration":4)",
        R"("replicas":3,"updatedReplicas":3,"readyReplicas":3,"observedGeneration":3)", ""})
    EXPECT_FALSE(parse_workload(deployment("3", status))->is_steady) << status;
}

TEST(Workload, of_a_daemon_set_counts_nodes) {
  const auto workload = parse_workload(
      R"({"kind":"DaemonSet","metadata":{"generation":1},"spec":{},"status":{"desiredNumberScheduled":2,
          "currentNumberScheduled":2,"updatedNumberScheduled":2,"numberReady":2,"observedGeneration":1}})");
  EXPECT_TRUE(workload->is_steady);
}

TEST(Workload, is_not_read_out_of_what_is_none) {
  for (const auto* other : {"", "[]", "{}", "7", R"({"kind":"Status"})"})
    EXPECT_FALSE(parse_workload(other)) << other;
}

TEST(Workload, has_a_path_by_its_kind) {
  EXPECT_EQ(workload_path("deployment/api", "shop"),
            "/apis/apps/v1/namespaces/shop/deployments/api");
  EXPECT_EQ(workload_path("statefulset/db", "shop"),
            "/apis/apps/v1/namespaces/shop/statefulsets/db");
  EXPECT_EQ(workload_path("daemonset/log", "shop"), "/apis/apps/v1/namespaces/shop/daemonsets/log");
  for (const auto* other : {"", "deployment", "deployment/", "pod/x", "deployments/x", "/x"})
    EXPECT_FALSE(workload_path(other, "shop")) << other;
}

}  // namespace
}  // namespace sweetspot::fleet
