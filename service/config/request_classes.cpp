#include "service/config/request_classes.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "service/platform/units.hpp"

namespace sweetspot::config {
namespace {

// `name key=value key=value`.
struct Parsed {
  std::string name;
  std::map<std::string, std::string> values;
  bool well_formed = true;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos && parsed.name.empty() && parsed.values.empty()) {
      parsed.name = word;
    } else if (equals == std::string::npos || equals == 0 || equals + 1 == word.size() ||
               !parsed.values.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      parsed.well_formed = false;
    }
  }
  return parsed;
}

bool knows(const Parsed& parsed, std::initializer_list<std::string_view> names) {
  return parsed.well_formed &&
         std::all_of(parsed.values.begin(), parsed.values.end(), [&](const auto& value) {
           return std::find(names.begin(), names.end(), value.first) != names.end();
         });
}

template <class Number>
std::optional<Number> number(const std::string& text, Number low, Number high) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || !(value >= low && value <= high)) return {};
  return value;
}

bool set_share(const Parsed& parsed, double& share) {
  const auto given = parsed.values.find("share");
  if (given == parsed.values.end()) return true;
  const auto value = number(given->second, 0.001, 1000.0);
  if (value) share = *value;
  return value.has_value();
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

template <class Named>
std::optional<std::size_t> index_of(const std::vector<Named>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& n) { return n.name == name; });
  if (found == all.end()) return {};
  return static_cast<std::size_t>(found - all.begin());
}

class Resolver {
 public:
  Resolver(Config& config, const Report& report) : config_(config), report_(report) {}

  void group(std::size_t i) {
    const Parsed parsed = parse(config_.groups[i]);
    admission::Group group{parsed.name};
    if (parsed.name.empty() || !knows(parsed, {"share"}))
      return report_("groups", i, "NAME [share=NUMBER]");
    if (!set_share(parsed, group.share)) return report_("groups", i, "a share from 0.001 to 1000");
    if (index_of(config_.admission.groups, group.name))
      return report_("groups", i, "each name once");
    if (config_.admission.groups.size() == admission::max_classes)
      return report_("groups", i, "16 groups at most");
    config_.admission.groups.push_back(group);
  }

  void request_class(std::size_t i) {
    const Parsed parsed = parse(config_.classes[i]);
    const auto& values = parsed.values;
    if (parsed.name.empty() || !knows(parsed, {"priority", "share", "timeout", "fair_by", "group"}))
      return report_("classes", i,
                     "NAME [priority=N] [share=NUMBER] [timeout=DURATION] [fair_by=FIELD] "
                     "[group=NAME]");
    admission::RequestClass cls{parsed.name};
    if (!set_share(parsed, cls.share)) return report_("classes", i, "a share from 0.001 to 1000");
    if (values.contains("priority")) {
      const auto priority = number(values.at("priority"), 0, 1000);
      if (!priority) return report_("classes", i, "a priority from 0 to 1000");
      cls.priority = *priority;
    }
    if (values.contains("timeout")) {
      const auto timeout = platform::parse_duration(values.at("timeout"));
      const Duration longest = config_.admission.queue_timeout;
      if (!timeout || *timeout < std::chrono::milliseconds(1) || *timeout > longest)
        return report_(
            "classes", i,
            "a timeout from 1ms to queue.timeout, which is " + platform::format_duration(longest));
      cls.queue_timeout = *timeout;
    }
    if (values.contains("group")) {
      const auto group = index_of(config_.admission.groups, values.at("group"));
      if (!group) return report_("classes", i, "a group of groups");
      cls.group = *group;
    }
    std::string tenant;
    if (values.contains("fair_by")) tenant = lower(values.at("fair_by"));
    cls.fair = !tenant.empty();
    add(i, cls, tenant);
  }

  void rule(std::size_t i) {
    const Parsed parsed = parse(config_.rules[i]);
    const auto& values = parsed.values;
    const bool bypasses = parsed.name == "bypass";
    if (!(bypasses || parsed.name.empty()) || bypasses == values.contains("class") ||
        !knows(parsed, {"class", "method", "path", "header"}))
      return report_(
          "rules", i,
          "class=NAME or bypass, then [method=A,B] [path=/P or /P*] [header=FIELD or FIELD:VALUE]");
    proxy::Rule rule;
    rule.bypasses = bypasses;
    if (!bypasses) {
      const auto cls = index_of(config_.admission.classes, values.at("class"));
      if (!cls) return report_("rules", i, "a class of classes, or default");
      rule.cls = static_cast<admission::ClassId>(*cls);
    }
    if (values.contains("method")) {
      std::istringstream methods(values.at("method"));
      for (std::string method; std::getline(methods, method, ',');) rule.methods.push_back(method);
    }
    if (values.contains("path") && !set_path(rule, values.at("path")))
      return report_("rules", i, "a path that begins with /");
    if (values.contains("header")) {
      const std::string& header = values.at("header");
      const auto colon = header.find(':');
      rule.header = lower(header.substr(0, colon));
      if (colon != std::string::npos) rule.header_value = header.substr(colon + 1);
    }
    for (const auto& path : config_.proxy.bypass_paths) {
      proxy::Rule earlier;
      earlier.path = path;
      if (covers(earlier, rule))
        return report_("rules", i,
                       "a rule that can be reached: bypass.paths takes all of its requests");
    }
    for (const auto& earlier : config_.proxy.rules)
      if (covers(earlier, rule))
        return report_("rules", i,
                       "a rule that can be reached: an earlier one takes all of its requests");
    config_.proxy.rules.push_back(rule);
  }

 private:
  void add(std::size_t i, const admission::RequestClass& cls, const std::string& tenant) {
    auto& classes = config_.admission.classes;
    auto& tenants = config_.proxy.tenant_headers;
    tenants.resize(classes.size());
    if (cls.name == "default") {
      classes[0] = cls;
      tenants[0] = tenant;
    } else if (index_of(classes, cls.name)) {
      report_("classes", i, "each name once");
    } else if (classes.size() == admission::max_classes) {
      report_("classes", i, "16 classes at most, default included");
    } else {
      classes.push_back(cls);
      tenants.push_back(tenant);
    }
  }

  static bool set_path(proxy::Rule& rule, const std::string& path) {
    if (!path.starts_with('/')) return false;
    rule.is_prefix = path.ends_with('*');
    rule.path = path.substr(0, path.size() - (rule.is_prefix ? 1 : 0));
    return true;
  }

  static bool covers(const proxy::Rule& a, const proxy::Rule& b) {
    const bool methods =
        a.methods.empty() ||
        (!b.methods.empty() && std::all_of(b.methods.begin(), b.methods.end(), [&](const auto& m) {
          return std::find(a.methods.begin(), a.methods.end(), m) != a.methods.end();
        }));
    const bool path = a.path.empty() ||
                      (a.is_prefix ? b.path.starts_with(a.path) : !b.is_prefix && b.path == a.path);
    const bool header =
        a.header.empty() ||
        (a.header == b.header && (a.header_value.empty() || a.header_value == b.header_value));
    return methods && path && header;
  }

  Config& config_;
  const Report& report_;
};

}  // namespace

void resolve_classes(Config& config, const Report& report) {
  Resolver resolver(config, report);
  for (std::size_t i = 0; i < config.groups.size(); ++i) resolver.group(i);
  for (std::size_t i = 0; i < config.classes.size(); ++i) resolver.request_class(i);
  for (std::size_t i = 0; i < config.rules.size(); ++i) resolver.rule(i);
}

}  // namespace sweetspot::config
