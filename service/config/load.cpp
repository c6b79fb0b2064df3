#include "service/config/load.hpp"

#include <algorithm>
#include <map>

#include "service/config/flags.hpp"
#include "service/config/keys.hpp"
#include "service/config/request_classes.hpp"
#include "service/config/yaml.hpp"
#include "service/platform/printable.hpp"
#include "service/proxy/network.hpp"

namespace sweetspot::config {
namespace {

std::string shown(const Entry& entry) {
  std::string text;
  for (const auto& value : entry.values) text += (text.empty() ? "" : ", ") + value;
  return text.empty() ? "nothing" : text;
}

// The rules between keys. A rule is blamed on the key that was written last, by its place.
class Rules {
 public:
  Rules(const Config& config, const std::vector<Entry>& entries, std::vector<std::string>& errors)
      : config_(config), errors_(errors) {
    for (std::size_t i = 0; i < entries.size(); ++i) written_[entries[i].key] = {i, &entries[i]};
  }

  void check() {
    const auto& limit = config_.limit;
    const std::string bounds = std::to_string(limit.min) + " to " + std::to_string(limit.max);
    if (limit.min > limit.max) {
      blame({"limit.max", "limit.min"}, "limit.min at or below limit.max");
      return;
    }
    if (limit.initial.kind == Initial::Kind::number && !within(limit.initial.number))
      blame({"limit.initial", "limit.min", "limit.max"},
            "limit.initial from limit.min to limit.max, " + bounds);
    if (limit.pin && !within(*limit.pin))
      blame({"limit.pin", "limit.min", "limit.max"},
            "limit.pin from limit.min to limit.max, " + bounds);
    const bool latency = config_.tuning.objective == tuner::Objective::latency;
    if (latency && !config_.tuning.p99_bound)
      blame({"tuner.objective"}, "with objective latency, tuner.p99_bound as well");
    if (!latency && config_.tuning.p99_bound)
      blame({"tuner.p99_bound"}, "tuner.p99_bound only with tuner.objective latency");
    check_tls();
    check_ways();
    if (!config_.fleet.lease.empty() && config_.tuning.algorithm != control::Algorithm::sweetspot)
      blame({"fleet.lease", "tuner.algorithm"}, "fleet.lease only with tuner.algorithm sweetspot");
    if (config_.fleet.lease.empty() && !config_.fleet.workload.empty())
      blame({"fleet.workload"}, "with fleet.workload, fleet.lease as well");
    const auto access = control::judge_access(config_.access, config_.control.host);
    if (!access.allowed.empty()) blame(access.keys, access.allowed);
  }

 private:
  void check_tls() {
    const auto& proxy = config_.proxy;
    const bool wants_tls = std::any_of(proxy.listen.begin(), proxy.listen.end(),
                                       [](const auto& listen) { return listen.tls; });
    if (wants_tls && proxy.tls.certificate.empty())
      blame({"listen"}, "with tls only together with tls.certificate");
    if (proxy.tls.certificate.empty() && !(proxy.tls.key + proxy.tls.client_ca).empty())
      blame({"tls.key", "tls.client_ca"}, "only together with tls.certificate");
    if (proxy.upstream_tls.certificate.empty() && !proxy.upstream_tls.key.empty())
      blame({"upstream_tls.key"}, "only together with upstream_tls.certificate");
  }

  // What reaches us is sent to the upstream, and would reach us again.
  void check_ways() {
    for (const auto& upstream : config_.proxy.upstream) {
      for (const auto& listen : config_.proxy.listen)
        check_way(upstream, "listen", listen.endpoint);
      check_way(upstream, "admin", config_.admin);
      check_way(upstream, "control", config_.control);
    }
  }

  void check_way(const proxy::Endpoint& upstream, const std::string& key,
                 const proxy::Endpoint& own) {
    if (upstream.port == own.port && proxy::reaches(upstream.host, own.host))
      blame({"upstream", key},
            "another upstream than ourselves, for " + key + " is " + find_key(key)->show(config_));
  }

  bool within(int value) const { return value >= config_.limit.min && value <= config_.limit.max; }

  void blame(const std::vector<std::string>& involved, const std::string& allowed) {
    std::pair<std::size_t, const Entry*> last{0, nullptr};
    for (const auto& key : involved)
      if (const auto found = written_.find(key); found != written_.end())
        if (!last.second || found->second.first > last.first) last = found->second;
    if (last.second)
      errors_.push_back(
          describe_error(last.second->where, last.second->key, shown(*last.second), allowed));
    else
      errors_.push_back(describe_error("defaults", involved.front(), "the default", allowed));
  }

  const Config& config_;
  std::vector<std::string>& errors_;
  std::map<std::string, std::pair<std::size_t, const Entry*>> written_;
};

// The last entry of a key is the one in force.
void check_classes(Config& config, const std::vector<Entry>& entries,
                   std::vector<std::string>& errors) {
  resolve_classes(config,
                  [&](const std::string& key, std::size_t index, const std::string& allowed) {
                    const auto entry = std::find_if(entries.rbegin(), entries.rend(),
                                                    [&](const Entry& e) { return e.key == key; });
                    const bool has_place = index < entry->places.size();
                    errors.push_back(describe_error(has_place ? entry->places[index] : entry->where,
                                                    key, entry->values[index], allowed));
                  });
}

}  // namespace

std::string describe_error(const std::string& where, const std::string& key,
                           const std::string& found, const std::string& allowed) {
  return platform::printable(where + ": " + key + ": found " + found) + ", allowed: " + allowed;
}

std::vector<std::string> apply_entries(Config& config, const std::vector<Entry>& entries) {
  std::vector<std::string> errors;
  for (const Entry& entry : entries) {
    const Key* key = find_key(entry.key);
    if (!key->set(config, entry.values))
      errors.push_back(describe_error(entry.where, key->name, shown(entry), key->allowed));
  }
  if (errors.empty()) Rules(config, entries, errors).check();
  if (errors.empty()) check_classes(config, entries, errors);
  return errors;
}

namespace {

Loaded load_from(const CommandLine& line, Source file) {
  Loaded loaded;
  loaded.check = line.check;
  loaded.info = line.info;
  loaded.file = line.file;
  loaded.entries = std::move(file.entries);
  loaded.entries.insert(loaded.entries.end(), line.source.entries.begin(),
                        line.source.entries.end());
  loaded.errors = std::move(file.errors);
  for (const auto& more : {line.source.errors, apply_entries(loaded.config, loaded.entries)})
    loaded.errors.insert(loaded.errors.end(), more.begin(), more.end());
  return loaded;
}

Loaded load(int argc, const char* const* argv, Reading reading) {
  const CommandLine line = read_flags(argc, argv);
  const bool has_file = !line.info && !line.file.empty();
  return load_from(line, has_file ? read_yaml(line.file, reading) : Source{});
}

}  // namespace

Loaded load(int argc, const char* const* argv) { return load(argc, argv, Reading::first); }

Loaded load_again(int argc, const char* const* argv) { return load(argc, argv, Reading::again); }

Loaded load_document(int argc, const char* const* argv, const std::string& name,
                     const std::string& yaml) {
  return load_from(read_flags(argc, argv), parse_yaml(name, yaml));
}

}  // namespace sweetspot::config
