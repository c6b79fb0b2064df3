#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/control/orders.hpp"
#include "service/control/reconfiguration.hpp"

namespace sweetspot::control {

// One key of the configuration, values as they would be written.
struct ConfigurationKey {
  std::string name, value, fallback;  // fallback: the default
  std::string allowed;                // in words
  std::string where;                  // FILE:LINE or the flag; empty for the default
  bool is_live = false;               // takes another value without a restart
};

// What the API may do with the configuration; as it stands here, nothing. Called on the control
// loop's thread.
struct ConfigurationCalls {
  std::function<std::vector<ConfigurationKey>()> keys = [] {
    return std::vector<ConfigurationKey>();
  };
  // A YAML document in place of the file: what would become of it, and what became of it.
  std::function<Reconfigured(const std::string& document)> validate = [](const std::string&) {
    return Reconfigured{{}, {}, {"no configuration can be changed here"}};
  };
  std::function<Reconfigured(const std::string& document, const Order& order)> apply =
      [](const std::string&, const Order&) {
        return Reconfigured{{}, {}, {"no configuration can be changed here"}};
      };
};

}  // namespace sweetspot::control
