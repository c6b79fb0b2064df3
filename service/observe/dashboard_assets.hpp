#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sweetspot::observe {

// A file of dashboard/, as it was when the binary was built.
struct Asset {
  std::string_view path;  // on the admin port
  std::string_view content_type;
  std::string_view content;
};
std::span<const Asset> dashboard_assets();

}  // namespace sweetspot::observe
