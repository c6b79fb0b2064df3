#include "tests/service/injector/pods.hpp"

// How the sidecar comes to stand where the backend stood.
namespace sweetspot::injector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Ports, give_the_backends_name_to_the_sidecar) {
  const auto outcome = inject_into(simple_pod());
  EXPECT_EQ(sidecar_of(outcome.pod)["ports"][0],
            Json::parse(R"({"name":"http","containerPort":8080,"protocol":"TCP"})"));
  EXPECT_EQ(backend_of(outcome.pod)["ports"], Json::parse(R"([{"containerPort":3000}])"));
  EXPECT_EQ(flag_of(outcome, "listen"), "0.0.0.0:8080");
  EXPECT_EQ(flag_of(outcome, "upstream"), "127.0.0.1:3000");
  EXPECT_THAT(outcome.warnings, IsEmpty());
}

TEST(Ports, without_a_name_are_warned_of) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["ports"][0].erase("name");
  const auto outcome = inject_into(pod);
  EXPECT_EQ(sidecar_of(outcome.pod)["ports"][0]["name"], "sweetspot-http");
  EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("sweetspot-http (8080)")));
}

TEST(Ports, of_the_node_go_to_the_sidecar) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["ports"][0]["hostPort"] = 80;
  const auto outcome = inject_into(pod);
  EXPECT_EQ(sidecar_of(outcome.pod)["ports"][0]["hostPort"], 80);
  EXPECT_FALSE(backend_of(outcome.pod)["ports"][0].contains("hostPort"));
}

TEST(Ports, are_the_sidecars_where_the_backend_lets_itself_be_moved) {
  auto pod = annotated(simple_pod(), "port-env", "PORT");
  pod["spec"]["containers"][0]["env"] =
      Json::parse(R"([{"name":"PORT","value":"3000"},{"name":"A","value":"b"}])");
  const auto outcome = inject_into(pod);
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(flag_of(outcome, "listen"), "0.0.0.0:3000");
  EXPECT_EQ(flag_of(outcome, "upstream"), "127.0.0.1:8081");
  EXPECT_EQ(sidecar_of(outcome.pod)["ports"][0]["containerPort"], 3000);
  EXPECT_EQ(sidecar_of(outcome.pod)["ports"][0]["name"], "http");
  EXPECT_EQ(backend_of(outcome.pod)["env"],
            Json::parse(R"([{"name":"A","value":"b"},{"name":"PORT","value":"8081"}])"));
  EXPECT_EQ(backend_of(outcome.pod)["ports"][0]["containerPort"], 8081);
}

TEST(Ports, of_which_several_could_be_meant_are_asked_for) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["ports"].push_back({{"name", "admin"}, {"containerPort", 3001}});
  EXPECT_THAT(inject_into(pod), is_refused("api:3000, api:3001"));
  EXPECT_EQ(flag_of(inject_into(annotated(pod, "upstream-port", "3001")), "upstream"),
            "127.0.0.1:3001");
  EXPECT_EQ(flag_of(inject_into(annotated(pod, "upstream-port", "http")), "upstream"),
            "127.0.0.1:3000");
}

TEST(Ports, that_are_not_declared_are_the_only_containers_or_the_one_that_is_named) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0].erase("ports");
  const auto outcome = inject_into(annotated(pod, "upstream-port", "5000"));
  ASSERT_THAT(outcome, is_injected());
  EXPECT_EQ(flag_of(outcome, "upstream"), "127.0.0.1:5000");
  EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("5000 has no name")));
  pod["spec"]["containers"].push_back({{"name", "other"}, {"image", "o"}});
  EXPECT_THAT(inject_into(annotated(pod, "upstream-port", "5000")),
              is_refused("sweetspot/container"));
  EXPECT_THAT(inject_into(annotated(annotated(pod, "upstream-port", "5000"), "container", "other")),
              is_injected());
}

TEST(Ports, and_containers_that_are_not_there_are_refused) {
  EXPECT_THAT(inject_into(annotated(simple_pod(), "upstream-port", "grpc")),
              is_refused("no container has a TCP port grpc"));
  EXPECT_THAT(inject_into(annotated(simple_pod(), "container", "nobody")),
              is_refused("no container nobody"));
}

TEST(Ports, of_other_protocols_are_no_backends) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["ports"].push_back(
      {{"name", "dns"}, {"containerPort", 53}, {"protocol", "UDP"}});
  EXPECT_THAT(inject_into(pod), is_injected());
}

TEST(Ports, that_the_sidecar_needs_must_be_free) {
  auto pod = simple_pod();
  pod["spec"]["containers"][0]["ports"][0]["containerPort"] = 8080;
  EXPECT_THAT(inject_into(pod), is_refused("8080 is the sidecar's own"));
  EXPECT_THAT(inject_into(annotated(pod, "port-env", "PORT")), is_injected());
  pod = simple_pod();
  pod["spec"]["containers"].push_back(
      Json::parse(R"({"name":"other","ports":[{"containerPort":9901}]})"));
  EXPECT_THAT(inject_into(annotated(pod, "upstream-port", "http")),
              is_refused("other has port 9901"));
}

TEST(Flags, replace_what_stood_there_and_nothing_else) {
  Json sidecar{{"args", {"--a=1", "--list", "x", "y", "--b=2"}}};
  set_flag(sidecar, "list", {"z", "w"});
  EXPECT_EQ(sidecar["args"], Json::parse(R"(["--a=1","--b=2","--list","z","w"])"));
  set_flag(sidecar, "a", {"3"});
  EXPECT_EQ(sidecar["args"], Json::parse(R"(["--b=2","--list","z","w","--a=3"])"));
  EXPECT_THAT(flag_values(sidecar, "list"), ElementsAre("z", "w"));
  set_flag(sidecar, "list", {});
  EXPECT_THAT(flag_values(sidecar, "list"), IsEmpty());
}

}  // namespace
}  // namespace sweetspot::injector
