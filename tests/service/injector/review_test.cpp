#include "service/injector/review.hpp"

#include <openssl/evp.h>

#include "tests/service/injector/pods.hpp"

namespace sweetspot::injector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json request_for(const Json& object, const std::string& operation = "CREATE") {
  return {{"apiVersion", "admission.k8s.io/v1"},
          {"kind", "AdmissionReview"},
          {"request",
           {{"uid", "u-1"}, {"operation", operation}, {"namespace", "shop"}, {"object", object}}}};
}

Json response_to(const Json& request, const Template& with = sidecar_template()) {
  return Json::parse(review(request.dump(), with).body)["response"];
}

Json patch_in(const Json& response) {
  const std::string encoded = response["patch"];
  std::string text(encoded.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(encoded.data()),
                                   static_cast<int>(encoded.size()));
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return Json::parse(text);
}

Json pod_object() {
  Json pod = simple_pod();
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  return pod;
}

TEST(Review, answers_with_the_patch_that_makes_the_injected_pod) {
  const Json response = response_to(request_for(pod_object()));
  EXPECT_EQ(response["uid"], "u-1");
  EXPECT_EQ(response["allowed"], true);
  EXPECT_EQ(response["patchType"], "JSONPatch");
  EXPECT_EQ(pod_object().patch(patch_in(response)), inject_into(pod_object()).pod);
}

TEST(Review, of_what_it_has_patched_changes_nothing) {
  const Json patched = pod_object().patch(patch_in(response_to(request_for(pod_object()))));
  const Json again = response_to(request_for(patched));
  EXPECT_EQ(again["allowed"], true);
  EXPECT_FALSE(again.contains("patch"));
}

TEST(Review, patches_the_template_of_every_workload) {
  for (const auto* kind :
       {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}) {
    const Json object{
        {"kind", kind}, {"metadata", {{"name", "w"}}}, {"spec", {{"template", simple_pod()}}}};
    const Json patched = object.patch(patch_in(response_to(request_for(object))));
    EXPECT_EQ(patched["spec"]["template"], inject_into(simple_pod()).pod) << kind;
    EXPECT_FALSE(response_to(request_for(patched)).contains("patch")) << kind;
  }
  const Json cron{{"kind", "CronJob"},
                  {"metadata", Json::object()},
                  {"spec", {{"jobTemplate", {{"spec", {{"template", simple_pod()}}}}}}}};
  EXPECT_TRUE(response_to(request_for(cron)).contains("patch"));
}

TEST(Review, explains_a_refusal_and_lets_the_pod_in) {
  auto pod = pod_object();
  pod["spec"]["hostNetwork"] = true;
  const Json response = response_to(request_for(pod));
  EXPECT_EQ(response["allowed"], true);
  EXPECT_FALSE(response.contains("patch"));
  EXPECT_THAT(response["warnings"][0].get<std::string>(),
              HasSubstr("no sidecar was put beside this pod: hostNetwork"));
}

TEST(Review, keeps_a_refused_pod_out_where_it_shall) {
  auto pod = pod_object();
  pod["spec"]["hostNetwork"] = true;
  auto with = sidecar_template();
  with.denies = true;
  const Json response = response_to(request_for(pod), with);
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("hostNetwork"));
}

TEST(Review, leaves_updates_of_pods_subresources_and_other_objects_alone) {
  EXPECT_FALSE(response_to(request_for(pod_object(), "UPDATE")).contains("patch"));
  Json part = request_for(pod_object());
  part["request"]["subResource"] = "ephemeralcontainers";
  EXPECT_FALSE(response_to(part).contains("patch"));
  EXPECT_FALSE(response_to(request_for({{"kind", "Service"}, {"metadata", Json::object()}}))
                   .contains("patch"));
}

TEST(Review, lets_in_what_it_does_not_understand_and_says_so) {
  for (
      const auto* broken :
      {R"({"metadata":[],"spec":{"containers":[]}})", R"({"spec":{"containers":7}})",
       R"({"metadata":{"annotations":7},"spec":{"containers":[{"name":7,"ports":[{"containerPort":"x"}]}]}})",
       R"({"spec":{"containers":[{"ports":{}}],"hostNetwork":"yes"}})", "null", "7"}) {
    const Json response = response_to(request_for(Json::parse(broken)));
    EXPECT_EQ(response["allowed"], true) << broken;
    EXPECT_FALSE(response.contains("patch")) << broken;
  }
}

TEST(Review, refuses_to_answer_what_is_no_review) {
  for (
      const auto* other :
      {"", "{", "[]", "{}",
       R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"u"}})",
       R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}})",
       R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":7})"})
    EXPECT_EQ(review(other, sidecar_template()).status, 400u) << other;
}

}  // namespace
}  // namespace sweetspot::injector
