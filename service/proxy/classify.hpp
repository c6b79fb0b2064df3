#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::proxy {

// Which requests the limiter does not see: health checks and the like, by their exact path.
class Classifier {
 public:
  explicit Classifier(std::vector<std::string> bypass_paths);
  bool bypasses(std::string_view path) const;

 private:
  std::vector<std::string> bypass_paths_;
};

}  // namespace sweetspot::proxy
