#include "tests/service/injector/pods.hpp"

// Which pods get a sidecar, and what surrounds it.
namespace sweetspot::injector {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(Inject, puts_a_native_sidecar_last_among_the_init_containers) {
  auto pod = simple_pod();
  pod["spec"]["initContainers"] = Json::parse(R"([{"name":"migrate","image":"m"}])");
  const auto outcome = inject_into(pod);
  ASSERT_THAT(outcome, is_injected());
  ASSERT_EQ(outcome.pod["spec"]["initContainers"].size(), 2u);
  EXPECT_EQ(sidecar_of(outcome.pod)["restartPolicy"], "Always");
  EXPECT_EQ(outcome.pod["spec"]["containers"].size(), 1u);
}

TEST(Inject, puts_a_plain_container_last_where_there_are_no_native_ones) {
  auto with = sidecar_template();
  with.is_native = false;
  const auto outcome = inject(simple_pod(), "shop", with);
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(outcome.pod["spec"]["containers"][1]["name"], "sweetspot");
}

TEST(Inject, brings_volumes_labels_and_a_mark) {
  auto pod = simple_pod();
  pod["spec"]["volumes"] = Json::parse(R"([{"name":"data","emptyDir":{}}])");
  const auto outcome = inject_into(pod);
  EXPECT_EQ(outcome.pod["spec"]["volumes"].size(), 2u);
  EXPECT_EQ(outcome.pod["metadata"]["labels"],
            Json::parse(R"({"app":"api","sweetspot-sidecar":"injected"})"));
  EXPECT_EQ(outcome.pod["metadata"]["annotations"]["sweetspot/injected"], "true");
}

TEST(Inject, gives_the_end_of_the_pod_the_time_that_it_needs) {
  EXPECT_EQ(inject_into(simple_pod()).pod["spec"]["terminationGracePeriodSeconds"], 75);
  auto patient = simple_pod();
  patient["spec"]["terminationGracePeriodSeconds"] = 300;
  EXPECT_EQ(inject_into(patient).pod["spec"]["terminationGracePeriodSeconds"], 300);
}

TEST(Inject, keeps_its_admin_port_out_of_meshes_and_what_was_kept_out_before) {
  auto pod = simple_pod();
  pod["metadata"]["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"] = "9000";
  const auto annotations = inject_into(pod).pod["metadata"]["annotations"];
  EXPECT_EQ(annotations["traffic.sidecar.istio.io/excludeInboundPorts"], "9000,9901");
  EXPECT_EQ(annotations["config.linkerd.io/skip-inbound-ports"], "9901");
}

TEST(Inject, skips_a_pod_that_it_has_injected) {
  EXPECT_THAT(inject_into(inject_into(simple_pod()).pod), is_skipped("has the sidecar already"));
}

TEST(Inject, skips_a_pod_with_the_sidecar_of_a_chart) {
  auto pod = simple_pod();
  pod["spec"]["containers"].push_back({{"name", "sweetspot"}});
  EXPECT_THAT(inject_into(pod), is_skipped("has the sidecar already"));
}

TEST(Inject, skips_the_clusters_own_namespaces_and_its_own) {
  for (const auto* own : {"kube-system", "kube-public", "kube-node-lease", "sweetspot"})
    EXPECT_THAT(inject(simple_pod(), own, sidecar_template()), is_skipped("own"));
}

TEST(Inject, skips_a_pod_that_says_no) {
  EXPECT_THAT(inject_into(annotated(simple_pod(), "inject", "false")), is_skipped("annotation"));
}

TEST(Inject, skips_a_mirror_of_a_static_pod) {
  auto pod = simple_pod();
  pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x";
  EXPECT_THAT(inject_into(pod), is_skipped("static"));
}

TEST(Inject, skips_a_pod_without_a_port_unless_it_asked) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0].erase("ports");
  EXPECT_THAT(inject_into(pod), is_skipped("declares a TCP port"));
  EXPECT_THAT(inject_into(annotated(pod, "inject", "true")), is_refused("declares a TCP port"));
}

TEST(Inject, refuses_the_nodes_network_and_windows) {
  auto host = simple_pod();
  host["spec"]["hostNetwork"] = true;
  EXPECT_THAT(inject_into(host), is_refused("hostNetwork"));
  auto windows = simple_pod();
  windows["spec"]["os"]["name"] = "windows";
  EXPECT_THAT(inject_into(windows), is_refused("Windows"));
}

TEST(Inject, refuses_a_pod_that_shall_end_where_its_sidecar_would_not) {
  auto with = sidecar_template();
  with.is_native = false;
  auto job = simple_pod();
  job["spec"]["restartPolicy"] = "Never";
  EXPECT_THAT(inject(job, "shop", with), is_refused("end by itself"));
  EXPECT_THAT(inject_into(job), is_injected());
}

TEST(Inject, never_takes_a_meshs_proxy_for_the_backend) {
  for (const auto* proxy : {"istio-proxy", "linkerd-proxy"}) {
    auto pod = simple_pod();
    const Json mesh{{"name", proxy},
                    {"image", "m"},
                    {"ports", {{{"containerPort", 15090}, {"name", "metrics"}}}}};
    pod["spec"]["containers"].insert(pod["spec"]["containers"].begin(), mesh);
    const auto outcome = inject_into(pod);
    ASSERT_THAT(outcome, is_injected());
    EXPECT_EQ(flag_of(outcome, "upstream"), "127.0.0.1:3000");
    EXPECT_EQ(backend_of(outcome.pod), mesh);
  }
}

Json with_turns(Json pod) { return annotated(std::move(pod), "config", "fleet.lease: api"); }

TEST(Inject, lets_replicas_take_turns_where_they_are_asked_for) {
  const auto outcome = inject_into(with_turns(simple_pod()));
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(flag_of(outcome, "fleet.lease"), "api");
  EXPECT_TRUE(outcome.warnings.empty());
  EXPECT_FALSE(outcome.pod["metadata"]["annotations"].contains("sweetspot/fleet-off"));
}

TEST(Inject, says_where_turns_are_asked_for_and_the_pod_keeps_the_token_away) {
  auto pod = with_turns(simple_pod());
  pod["spec"]["automountServiceAccountToken"] = false;
  const auto outcome = inject_into(pod);
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(flag_of(outcome, "fleet.lease"), "none");
  EXPECT_THAT(outcome.warnings, Contains(HasSubstr("automountServiceAccountToken")));
  EXPECT_EQ(outcome.pod["metadata"]["annotations"]["sweetspot/fleet-off"],
            outcome.warnings.front());
}

TEST(Inject, leaves_turns_to_a_pod_that_brings_its_own_credentials) {
  auto pod = annotated(simple_pod(), "config", "fleet.lease: api\nfleet.credentials: /own");
  pod["spec"]["automountServiceAccountToken"] = false;
  EXPECT_EQ(flag_of(inject_into(pod), "fleet.lease"), "api");
}

TEST(Inject, says_nothing_of_turns_where_nobody_asked) {
  auto pod = simple_pod();
  pod["spec"]["automountServiceAccountToken"] = false;
  EXPECT_TRUE(inject_into(pod).warnings.empty());
}

}  // namespace
}  // namespace sweetspot::injector
