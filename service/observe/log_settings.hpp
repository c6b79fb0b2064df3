#pragma once

#include <string_view>

namespace sweetspot::observe {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

constexpr std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: break;
  }
  return "error";
}
constexpr std::string_view to_string(LogFormat format) {
  return format == LogFormat::json ? "json" : "text";
}

struct LogSettings {
  LogLevel level = LogLevel::info;  // events below it are left out
  LogFormat format = LogFormat::text;
};

}  // namespace sweetspot::observe
