// Any bytes as what the API server asks the webhook: the answer is JSON about the same question,
// its patch applies to the object, and of what it has patched it changes nothing more.

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "service/injector/review.hpp"

namespace {

using sweetspot::injector::Json;
using sweetspot::injector::Template;

void require(bool holds) {
  if (!holds) std::abort();
}

Template sidecar(bool denies) {
  Template with;
  with.container =
      Json::parse(R"({"name":"sweetspot","image":"sweetspot:1","restartPolicy":"Always",
      "args":["--listen=0.0.0.0:8080","--upstream=127.0.0.1:8081"],
      "ports":[{"name":"sweetspot-http","containerPort":8080,"protocol":"TCP"}]})");
  with.volumes = Json::parse(R"([{"name":"sweetspot-state","emptyDir":{}}])");
  with.labels = {{"sweetspot-sidecar", "injected"}};
  with.backend_pre_stop = Json::parse(R"({"httpGet":{"path":"/drained","port":9901}})");
  with.own_namespace = "sweetspot";
  with.denies = denies;
  return with;
}

Json decoded(const std::string& base64) {
  std::string text(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  require(size >= 0);
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return Json::parse(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Template lets_in = sidecar(false), keeps_out = sidecar(true);
  const Template& with = size % 2 == 0 ? lets_in : keeps_out;
  const std::string_view asked(reinterpret_cast<const char*>(data), size);
  const auto reviewed = sweetspot::injector::review(asked, with);
  if (reviewed.status == 400) return 0;
  require(reviewed.status == 200);
  Json question = Json::parse(asked);
  const Json response = Json::parse(reviewed.body)["response"];
  require(response["uid"] == question["request"]["uid"] && response["allowed"].is_boolean());
  if (!response.contains("patch")) return 0;
  require(response["allowed"] == true);
  Json& object = question["request"]["object"];
  object = object.patch(decoded(response["patch"]));
  const auto again = Json::parse(sweetspot::injector::review(question.dump(), with).body);
  require(!again["response"].contains("patch"));
  return 0;
}
