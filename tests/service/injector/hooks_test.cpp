#include "tests/service/injector/pods.hpp"

// Probes and hooks of the backend, once its port's name is the sidecar's.
namespace sweetspot::injector {
namespace {

Json probed(const std::string& probe) {
  auto pod = simple_pod();
  for (const auto* kind : {"startupProbe", "readinessProbe", "livenessProbe"})
    pod["spec"]["containers"][0][kind] = Json::parse(probe);
  return pod;
}

// What all three probes became.
Json probe_of(const Outcome& outcome) {
  const Json backend = backend_of(outcome.pod);
  EXPECT_EQ(backend["startupProbe"], backend["livenessProbe"]);
  EXPECT_EQ(backend["startupProbe"], backend["readinessProbe"]);
  return backend["startupProbe"];
}

TEST(Probes, ask_the_backend_by_number_since_its_ports_name_is_gone) {
  for (const auto* kind : {"httpGet", "tcpSocket"}) {
    const Json probe = probe_of(
        inject_into(probed("{\"" + std::string(kind) + R"(":{"port":"http"},"periodSeconds":3})")));
    EXPECT_EQ(probe[kind]["port"], 3000) << kind;
    EXPECT_EQ(probe["periodSeconds"], 3);
  }
}

TEST(Probes, of_other_ports_and_by_exec_stay) {
  for (const auto* probe : {R"({"httpGet":{"port":15020,"path":"/app-health/api/readyz"}})",
                            R"({"httpGet":{"port":"other"}})", R"({"exec":{"command":["true"]}})",
                            R"({"grpc":{"port":5000}})"})
    EXPECT_EQ(probe_of(inject_into(probed(probe))), Json::parse(probe));
}

TEST(Probes, follow_a_backend_that_moved) {
  const auto pod =
      annotated(probed(R"({"httpGet":{"port":3000,"path":"/ok"}})"), "port-env", "PORT");
  EXPECT_EQ(probe_of(inject_into(pod))["httpGet"]["port"], 8081);
}

TEST(Probes, go_by_way_of_the_sidecar_where_that_is_wanted_and_hold_no_permit) {
  auto pod =
      annotated(probed(R"({"httpGet":{"port":"http","path":"/ok?deep=1"}})"), "probes", "sidecar");
  pod = annotated(pod, "config", "bypass.paths: /stats, /other");
  const auto outcome = inject_into(pod);
  EXPECT_EQ(probe_of(outcome)["httpGet"]["port"], 8080);
  EXPECT_EQ(flag_of(outcome, "bypass.paths"), "/ok /other /stats");
}

TEST(Probes, by_tls_to_another_host_or_without_http_cannot_and_ask_the_backend) {
  for (const auto* probe :
       {R"({"httpGet":{"port":"http","scheme":"HTTPS"}})", R"({"tcpSocket":{"port":"http"}})",
        R"({"httpGet":{"port":"http","host":"example.org"}})"}) {
    const Json seen = probe_of(inject_into(annotated(probed(probe), "probes", "sidecar")));
    EXPECT_EQ(seen.begin().value()["port"], 3000) << probe;
  }
}

Json stopped_by(const std::string& hook) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["lifecycle"]["preStop"] = Json::parse(hook);
  return pod;
}

Json pre_stop_of(const Outcome& outcome) { return backend_of(outcome.pod)["lifecycle"]["preStop"]; }

TEST(PreStop, waits_for_the_sidecars_drain) {
  EXPECT_EQ(pre_stop_of(inject_into(simple_pod())), sidecar_template().backend_pre_stop);
}

TEST(PreStop, that_only_slept_is_replaced_and_the_sidecar_serves_on_as_long) {
  for (const auto* hook : {R"({"sleep":{"seconds":20}})", R"({"exec":{"command":["sleep","20"]}})",
                           R"({"exec":{"command":["/bin/sleep","20"]}})",
                           R"({"exec":{"command":["/bin/sh","-c","sleep 20"]}})"}) {
    const auto outcome = inject_into(stopped_by(hook));
    ASSERT_THAT(outcome, is_injected());
    EXPECT_EQ(pre_stop_of(outcome), sidecar_template().backend_pre_stop);
    EXPECT_EQ(flag_of(outcome, "drain.delay"), "20s");
    EXPECT_EQ(outcome.pod["spec"]["terminationGracePeriodSeconds"], 90);
  }
}

TEST(PreStop, that_slept_less_than_the_drain_waits_shortens_nothing) {
  const auto outcome = inject_into(stopped_by(R"({"sleep":{"seconds":3}})"));
  EXPECT_EQ(flag_of(outcome, "drain.delay"), "");
  EXPECT_EQ(outcome.pod["spec"]["terminationGracePeriodSeconds"], 75);
}

TEST(PreStop, of_its_own_is_refused_unless_it_is_said_to_wait) {
  for (const auto* hook : {R"({"exec":{"command":["/bin/sh","-c","sleep 5; nginx -s quit"]}})",
                           R"({"httpGet":{"port":"http","path":"/quit"}})"}) {
    EXPECT_THAT(inject_into(stopped_by(hook)), is_refused("/drained on port 9901"));
    EXPECT_THAT(inject_into(annotated(stopped_by(hook), "pre-stop", "keep")), is_injected());
  }
}

TEST(PreStop, that_is_kept_still_finds_the_backend) {
  const auto pod =
      annotated(stopped_by(R"({"httpGet":{"port":"http","path":"/quit"}})"), "pre-stop", "keep");
  EXPECT_EQ(pre_stop_of(inject_into(pod))["httpGet"]["port"], 3000);
}

TEST(PreStop, is_none_of_ours_where_the_chart_says_so) {
  auto with = sidecar_template();
  with.backend_pre_stop = nullptr;
  EXPECT_FALSE(backend_of(inject(simple_pod(), "shop", with).pod).contains("lifecycle"));
}

}  // namespace
}  // namespace sweetspot::injector
