#include "service/injector/review.hpp"

#include <openssl/evp.h>

namespace sweetspot::injector {
namespace {

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  return encoded;
}

// Where an object has its pod's metadata and spec; nothing where it has none.
std::optional<Json::json_pointer> pod_in(const Json& object) {
  for (const auto* path : {"", "/spec/template", "/spec/jobTemplate/spec/template"}) {
    const Json::json_pointer at(path);
    if (object.contains(at) && object[at].is_object() &&
        object[at].contains(Json::json_pointer("/spec/containers")))
      return at;
  }
  return {};
}

Outcome outcome_of(const Json& request, const Json& object, const Json::json_pointer& at,
                   const std::string& name_space, const Template& with) {
  if (request.value("operation", "CREATE") != "CREATE" && at.empty())
    return {.kind = Outcome::Kind::skipped,
            .why = "a pod's containers can only be chosen when it is created"};
  if (!request.value("subResource", "").empty())
    return {.kind = Outcome::Kind::skipped, .why = "it is about a part of the object only"};
  return inject(object[at], name_space, with);
}

Json response_to(const std::string& uid, const Json& object, const Json::json_pointer& at,
                 const Outcome& outcome, const Template& with) {
  const bool is_refused = outcome.kind == Outcome::Kind::refused;
  Json response{{"uid", uid}, {"allowed", !is_refused || !with.denies}};
  std::vector<std::string> warnings;
  for (const auto& warning : outcome.warnings) warnings.push_back("sweetspot: " + warning);
  if (is_refused && with.denies) {
    response["status"] = {
        {"code", 403}, {"reason", "Forbidden"}, {"message", "sweetspot: " + outcome.why}};
  } else if (is_refused) {
    warnings.push_back("sweetspot: no sidecar was put beside this pod: " + outcome.why);
  }
  if (outcome.kind == Outcome::Kind::injected) {
    response["patchType"] = "JSONPatch";
    response["patch"] = base64(Json::diff(object[at], outcome.pod, at.to_string()).dump());
  }
  // The API server cuts a warning at 256 characters and complains.
  for (auto& warning : warnings) warning = warning.substr(0, 256);
  if (!warnings.empty()) response["warnings"] = warnings;
  return response;
}

}  // namespace

Reviewed review(std::string_view text, const Template& with) {
  const Json given = Json::parse(text, nullptr, false);
  const bool is_review = given.is_object() && given.value("kind", Json()) == "AdmissionReview" &&
                         given.value("apiVersion", Json()) == "admission.k8s.io/v1" &&
                         given.contains(Json::json_pointer("/request/uid")) &&
                         given["request"]["uid"].is_string();
  if (!is_review) return {.status = 400, .body = "not an AdmissionReview of admission.k8s.io/v1\n"};

  const Json& request = given["request"];
  const std::string uid = request["uid"];
  static const Json none;
  const auto found_object = request.find("object");
  const Json& object = found_object == request.end() ? none : *found_object;
  Reviewed reviewed;
  Outcome outcome;
  Json::json_pointer at;
  // What the API server lets through has the right types; whoever else asks gets no further than
  // here.
  try {
    const Json metadata =
        object.is_object() ? object.value("metadata", Json::object()) : Json::object();
    reviewed.name_space = request.value("namespace", metadata.value("namespace", ""));
    reviewed.name = metadata.value("name", metadata.value("generateName", ""));
    const auto found = object.is_object() ? pod_in(object) : std::nullopt;
    if (found)
      outcome = outcome_of(request, object, at = *found, reviewed.name_space, with);
    else
      outcome.why = "it makes no pods";
  } catch (const Json::exception& error) {
    outcome = {.kind = Outcome::Kind::refused,
               .why = std::string("the object is not understood: ") + error.what()};
  }
  const Json answer{{"apiVersion", "admission.k8s.io/v1"},
                    {"kind", "AdmissionReview"},
                    {"response", response_to(uid, object, at, outcome, with)}};
  reviewed.body = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
  reviewed.kind = outcome.kind;
  reviewed.why = outcome.why;
  return reviewed;
}

}  // namespace sweetspot::injector
