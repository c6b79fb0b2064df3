#include "loadgen/engine/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace sweetspot::engine {
namespace {

constexpr long longest = 24 * 60 * 60;  // s

}  // namespace

tuner::Duration retry_delay(std::string_view text, long now) {
  long wait = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wait);
  if (error != std::errc() || end != text.data() + text.size()) {
    std::tm date{};
    const std::string copy(text);
    const char* rest = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    wait = rest != nullptr && *rest == '\0' ? ::timegm(&date) - now : 0;
  }
  return std::chrono::seconds(std::clamp(wait, 0L, longest));
}

tuner::Duration retry_delay(std::string_view text) {
  return text.empty() ? tuner::Duration(0) : retry_delay(text, std::time(nullptr));
}

}  // namespace sweetspot::engine
