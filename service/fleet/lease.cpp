#include "service/fleet/lease.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "service/fleet/knowledge.hpp"

namespace sweetspot::fleet {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

std::string text_at(const Json& object, const char* pointer) {
  const Json::json_pointer at(pointer);
  return object.is_object() && object.contains(at) && object[at].is_string()
             ? object[at].get<std::string>()
             : std::string();
}

std::int64_t number_at(const Json& object, const char* pointer) {
  const Json::json_pointer at(pointer);
  return object.contains(at) && object[at].is_number_integer() ? object[at].get<std::int64_t>() : 0;
}

std::optional<Lease> lease_of(const Json& object) {
  if (!object.is_object() || object.value("kind", Json()) != "Lease") return {};
  Lease lease;
  lease.version = text_at(object, "/metadata/resourceVersion");
  lease.holder = text_at(object, "/spec/holderIdentity");
  lease.renewed = text_at(object, "/spec/renewTime");
  lease.transitions = static_cast<int>(number_at(object, "/spec/leaseTransitions"));
  lease.duration =
      seconds(std::clamp<std::int64_t>(number_at(object, "/spec/leaseDurationSeconds"), 0, 86400));
  if (lease.version.empty()) return {};
  const Json annotations = object["metadata"].value("annotations", Json::object());
  if (annotations.is_object() && annotations.contains(knowledge_annotation) &&
      annotations[knowledge_annotation].is_string())
    lease.knowledge = annotations[knowledge_annotation];
  lease.object = object.dump();
  return lease;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Lease> parse_lease(std::string_view json) {
  return lease_of(Json::parse(json, nullptr, false));
}

std::string changed_lease(const Lease& from, const LeaseChange& change) {
  Json object = Json::parse(from.object);
  Json& spec = object["spec"];
  if (!spec.is_object()) spec = Json::object();
  if (change.holder) {
    const bool changes_hands = *change.holder != from.holder;
    spec["holderIdentity"] = *change.holder;
    spec["renewTime"] = timestamp(change.at);
    // A free Lease may be taken at once by whoever counts its term.
    const bool is_free = change.holder->empty();
    spec["leaseDurationSeconds"] =
        is_free ? 1 : std::chrono::ceil<seconds>(change.duration).count();
    if (changes_hands && !is_free) {
      spec["acquireTime"] = timestamp(change.at);
      spec["leaseTransitions"] = from.transitions + 1;
    }
  }
  if (change.knowledge) object["metadata"]["annotations"][knowledge_annotation] = *change.knowledge;
  object["metadata"].erase("managedFields");
  return object.dump();
}

WatchEvent parse_watch_event(std::string_view json) {
  using Kind = WatchEvent::Kind;
  const Json event = Json::parse(json, nullptr, false);
  if (!event.is_object() || !event.contains("type") || !event.contains("object")) return {};
  const Json& object = event["object"];
  const Json& type = event["type"];
  if (type == "BOOKMARK")
    return {.kind = Kind::bookmark,
            .lease = {},
            .version = text_at(object, "/metadata/resourceVersion")};
  if (type == "DELETED") return {.kind = Kind::deleted, .lease = {}, .version = {}};
  if (type == "ERROR" && number_at(object, "/code") == 410)
    return {.kind = Kind::expired, .lease = {}, .version = {}};
  if (type != "ADDED" && type != "MODIFIED") return {};
  auto lease = lease_of(object);
  const Kind kind = lease ? Kind::changed : Kind::failed;
  return {.kind = kind, .lease = std::move(lease), .version = {}};
}

bool is_older(std::string_view a, std::string_view b) {
  if (!is_number(a) || !is_number(b)) return false;
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string status_message(std::string_view json) {
  return text_at(Json::parse(json, nullptr, false), "/message").substr(0, 300);
}

std::string timestamp(WallTime at) {
  const auto whole = std::chrono::floor<seconds>(at);
  const std::time_t time = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(at - whole).count();
  const std::string digits = std::to_string(1000000 + micro).substr(1);
  return std::string(text.data()) + "." + digits + "Z";
}

}  // namespace sweetspot::fleet
