#include "service/fleet/knowledge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sweetspot::fleet {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr std::size_t most_records = 8;
constexpr std::size_t longest_text = 16384;
constexpr int largest_limit = 100000;
constexpr std::int64_t longest_age = std::int64_t{366} * 24 * 3600;  // in seconds

std::int64_t unix_seconds(WallTime at) {
  return std::chrono::duration_cast<seconds>(at.time_since_epoch()).count();
}

// The age grows by what has passed since it was written. Of two clocks that differ the writer's may
// be ahead: then nothing has passed.
std::optional<Knowledge> record_of(const Json& json, std::int64_t now) {
  const auto number = [&](const char* name) {
    const Json value = json.value(name, Json());
    return value.is_number() ? value.get<double>() : std::nan("");
  };
  const auto text = [&](const char* name) {
    const Json value = json.value(name, Json());
    return value.is_string() ? value.get<std::string>().substr(0, 253) : std::string();
  };
  if (!json.is_object()) return {};
  const double limit = number("limit"), confidence = number("confidence"),
               age = number("age_seconds"), at = number("at");
  const bool is_sane = limit >= 1 && limit <= largest_limit && confidence >= 0 && confidence <= 1 &&
                       age >= 0 && age <= longest_age && at >= 0 && at < 1e11;
  Knowledge record{.fingerprint = text("fingerprint"),
                   .limit = is_sane ? static_cast<int>(limit) : 0,
                   .confidence = confidence,
                   .age = {},
                   .by = text("by")};
  if (!is_sane || record.fingerprint.empty()) return {};
  const auto passed = std::clamp<std::int64_t>(now - static_cast<std::int64_t>(at), 0, longest_age);
  record.age = seconds(static_cast<std::int64_t>(age) + passed);
  return record;
}

}  // namespace

std::vector<Knowledge> read_knowledge(std::string_view text, WallTime now) {
  std::vector<Knowledge> records;
  if (text.size() > longest_text) return records;
  const Json all = Json::parse(text, nullptr, false);
  if (!all.is_array()) return records;
  for (const Json& each : all) {
    if (records.size() == most_records) break;
    if (auto record = record_of(each, unix_seconds(now))) records.push_back(std::move(*record));
  }
  return records;
}

std::string with_record(std::string_view text, const Knowledge& record, WallTime now) {
  std::vector<Knowledge> records{record};
  for (auto& other : read_knowledge(text, now))
    if (other.fingerprint != record.fingerprint && records.size() < most_records)
      records.push_back(std::move(other));
  Json all = Json::array();
  for (const Knowledge& each : records)
    all.push_back({{"fingerprint", each.fingerprint},
                   {"limit", each.limit},
                   {"confidence", std::round(each.confidence * 1000) / 1000},
                   {"age_seconds", std::chrono::duration_cast<seconds>(each.age).count()},
                   {"at", unix_seconds(now)},
                   {"by", each.by}});
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Knowledge> find_knowledge(std::string_view text, std::string_view fingerprint,
                                        WallTime now) {
  for (auto& record : read_knowledge(text, now))
    if (record.fingerprint == fingerprint) return std::move(record);
  return {};
}

std::string fingerprint_of(const std::vector<std::string>& parts) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const auto& part : parts) {
    for (const char c : part) add(static_cast<unsigned char>(c));
    add(0);
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

}  // namespace sweetspot::fleet
