#include "service/proxy/classify.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::proxy {

Classifier::Classifier(std::vector<std::string> bypass_paths)
    : bypass_paths_(std::move(bypass_paths)) {}

bool Classifier::bypasses(std::string_view path) const {
  return std::find(bypass_paths_.begin(), bypass_paths_.end(), path) != bypass_paths_.end();
}

}  // namespace sweetspot::proxy
