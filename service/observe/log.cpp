#include "service/observe/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sweetspot::observe {
namespace {

using Json = nlohmann::ordered_json;

// Characters of two or three bytes in UTF-8 that steer a terminal, or turn the order of its text.
bool is_control(std::string_view rest, std::size_t& size) {
  const auto byte = [rest](std::size_t i) {
    return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u;
  };
  const auto within = [](unsigned value, unsigned low, unsigned high) {
    return value >= low && value <= high;
  };
  size = 1;
  if (byte(0) == 0x7f) return true;
  size = 2;
  if (byte(0) == 0xc2) return within(byte(1), 0x80, 0x9f);  // C1
  size = 3;
  if (byte(0) != 0xe2) return false;
  // U+200E, U+200F, U+2028 to U+202E; U+2066 to U+2069
  if (byte(1) == 0x80) return within(byte(2), 0x8e, 0x8f) || within(byte(2), 0xa8, 0xae);
  return byte(1) == 0x81 && within(byte(2), 0xa6, 0xa9);
}

std::string as_json(const Json& value) {
  // What is not UTF-8 is replaced, never thrown at.
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t at = 0, size = 0; at < text.size();) {
    if (!is_control(std::string_view(text).substr(at), size)) {
      safe += text[at++];
      continue;
    }
    // A string of one such character, without its quotes.
    const std::string escaped = Json(text.substr(at, size)).dump(-1, ' ', true);
    safe.append(escaped, 1, escaped.size() - 2);
    at += size;
  }
  return safe;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

std::string text_of(const LogField& field, bool quote_always) {
  if (const auto* text = std::get_if<std::string>(&field.value))
    return !quote_always && is_plain(*text) ? *text : as_json(*text);
  return std::visit([](const auto& value) { return as_json(Json(value)); }, field.value);
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

std::string format_event(LogFormat format, std::string_view name, const LogFields& fields) {
  const bool json = format == LogFormat::json;
  std::string line;
  if (json)
    line += "\"event\":" + as_json(Json(std::string(name)));
  else
    line += name;
  for (const LogField& field : fields) {
    const std::string field_name(field.name);
    line += json ? ',' : ' ';
    line += json ? as_json(Json(field_name)) : field_name;
    line += json ? ':' : '=';
    line += text_of(field, json);
  }
  return line;
}

struct Log::Impl {
  LogFormat format;
  spdlog::logger logger;
};

Log::Log(LogSettings settings)
    : impl_(new Impl{settings.format,
                     spdlog::logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>())}) {
  auto& logger = impl_->logger;
  logger.set_level(level_of(settings.level));
  logger.flush_on(spdlog::level::debug);
  const char* pattern = settings.format == LogFormat::json
                            ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  logger.set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

Log::~Log() = default;

void Log::set_level(LogLevel level) { impl_->logger.set_level(level_of(level)); }

void Log::operator()(Event event, const LogFields& fields) const {
  const EventInfo& info = info_of(event);
  const auto level = level_of(info.level);
  if (!impl_->logger.should_log(level)) return;
  impl_->logger.log(level, spdlog::string_view_t(format_event(impl_->format, info.name, fields)));
}

}  // namespace sweetspot::observe
