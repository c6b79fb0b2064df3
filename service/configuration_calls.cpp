#include "service/configuration_calls.hpp"

#include "service/config/change.hpp"
#include "service/config/keys.hpp"

namespace sweetspot::service {
namespace {

std::vector<control::ConfigurationKey> all_keys(const config::Loaded& in_force) {
  const config::Config defaults;
  std::vector<control::ConfigurationKey> all;
  for (const config::Key& key : config::keys()) {
    control::ConfigurationKey one{.name = key.name,
                                  .value = key.show(in_force.config),
                                  .fallback = key.show(defaults),
                                  .allowed = key.allowed,
                                  .where = {},
                                  .is_live = config::is_live(key.name)};
    for (const auto& entry : in_force.entries)
      if (entry.key == key.name) one.where = entry.where;
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

control::ConfigurationCalls configuration_calls(Reconfiguration& reconfiguration) {
  return {.keys = [&] { return all_keys(reconfiguration.in_force()); },
          .validate = [&](const std::string& yaml) { return reconfiguration.validate(yaml); },
          .apply = [&](const std::string& yaml,
                       const control::Order& order) { return reconfiguration.apply(yaml, order); }};
}

}  // namespace sweetspot::service
