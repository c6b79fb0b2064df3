#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

namespace sweetspot::observe {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

constexpr std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      break;
  }
  return "error";
}
constexpr std::optional<LogLevel> log_level_from(std::string_view name) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
    if (name == to_string(level)) return level;
  return {};
}
constexpr std::string_view to_string(LogFormat format) {
  return format == LogFormat::json ? "json" : "text";
}

struct LogSettings {
  LogLevel level = LogLevel::info;  // events below it are left out
  LogFormat format = LogFormat::text;
};

}  // namespace sweetspot::observe
