#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/settings.hpp"

namespace sweetspot::config {

// One configuration key: a path in the file, a flag, a row of service/README.md.
struct Key {
  std::string name;     // its dotted path: `queue.timeout` is the flag --queue.timeout
  std::string allowed;  // what a value may be, in words
  std::string help;
  bool list = false;                                                  // takes any number of values
  std::function<bool(Config&, const std::vector<std::string>&)> set;  // false: not allowed
  std::function<std::string(const Config&)> show;                     // as it would be written
};

// All keys, in the order of the documentation.
const std::vector<Key>& keys();
const Key* find_key(std::string_view name);

}  // namespace sweetspot::config
