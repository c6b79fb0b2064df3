#include "service/proxy/classify.hpp"

#include <algorithm>
#include <charconv>

namespace sweetspot::proxy {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view lowercase) {
  return a.size() == lowercase.size() && std::equal(a.begin(), a.end(), lowercase.begin(),
                                                    [](char x, char y) { return lower(x) == y; });
}

std::optional<std::string_view> find(const RequestHead& head, const char* base,
                                     std::string_view name) {
  for (const FieldLine& line : head.lines) {
    if (same_name(line.name.in(base), name)) return line.value.in(base);
  }
  return {};
}

std::uint32_t hash(std::string_view text) {  // FNV-1a
  std::uint32_t value = 2166136261;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619;
  return value ^ (value >> 16);
}

std::optional<double> nanoseconds_in(std::string_view name, std::string_view unit) {
  if (name == "grpc-timeout") {
    if (unit == "H") return 3600e9;
    if (unit == "M") return 60e9;
    if (unit == "S") return 1e9;
    if (unit == "m") return 1e6;
    if (unit == "u") return 1e3;
    if (unit == "n") return 1;
    return {};
  }
  if (unit.empty()) return name.ends_with("-ms") ? 1e6 : 1e9;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  if (unit == "m") return 60e9;
  return {};
}

Rule bypass_of(const std::string& path) {
  Rule rule;
  rule.bypasses = true;
  rule.path = path;
  return rule;
}

std::vector<Rule> rules_of(const Settings& settings) {
  std::vector<Rule> rules;
  for (const auto& path : settings.bypass_paths) rules.push_back(bypass_of(path));
  rules.insert(rules.end(), settings.rules.begin(), settings.rules.end());
  return rules;
}

}  // namespace

Classifier::Classifier(const Settings& settings)
    : rules_(rules_of(settings)),
      tenant_headers_(settings.tenant_headers),
      deadline_headers_(settings.deadline_headers) {}

Classifier::Classified Classifier::classify(const RequestHead& head, const char* base,
                                            tuner::TimePoint now) const {
  Classified result;
  const std::string_view path = head.path(base);
  for (const Rule& rule : rules_) {
    if (!matches(rule, head, base, path)) continue;
    result.bypasses = rule.bypasses;
    result.demand.cls = rule.cls;
    break;
  }
  if (result.bypasses) return result;
  const admission::ClassId cls = result.demand.cls;
  if (cls < tenant_headers_.size() && !tenant_headers_[cls].empty()) {
    result.demand.tenant = hash(find(head, base, tenant_headers_[cls]).value_or(""));
  }
  for (const std::string& name : deadline_headers_) {
    const auto value = find(head, base, name);
    const auto given = value ? parse_time_given(name, *value) : std::nullopt;
    if (given) result.demand.deadline = std::min(result.demand.deadline, now + *given);
  }
  return result;
}

bool Classifier::matches(const Rule& rule, const RequestHead& head, const char* base,
                         std::string_view path) const {
  if (!rule.methods.empty() && std::find(rule.methods.begin(), rule.methods.end(),
                                         head.method_name.in(base)) == rule.methods.end()) {
    return false;
  }
  if (!rule.path.empty() && !(rule.is_prefix ? path.starts_with(rule.path) : path == rule.path)) {
    return false;
  }
  if (rule.header.empty()) return true;
  const auto value = find(head, base, rule.header);
  return value && (rule.header_value.empty() || *value == rule.header_value);
}

std::optional<tuner::Duration> parse_time_given(std::string_view name, std::string_view value) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [unit, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{}) return {};
  const auto scale = nanoseconds_in(name, {unit, static_cast<std::size_t>(end - unit)});
  // A day is as good as for ever; no limit at all where Envoy says 0.
  constexpr double day = 86400e9;
  if (!scale || number == 0 || static_cast<double>(number) * *scale > day) return {};
  return tuner::Duration(static_cast<tuner::Duration::rep>(static_cast<double>(number) * *scale));
}

}  // namespace sweetspot::proxy
