#pragma once

#include <array>
#include <string_view>

namespace sweetspot::observe {

// Requests have one class so far; the name is ours, never a client's.
inline constexpr std::array<std::string_view, 1> class_names{"default"};

}  // namespace sweetspot::observe
