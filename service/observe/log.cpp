#include "service/observe/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sweetspot::observe {
namespace {

using Json = nlohmann::ordered_json;

std::string as_json(const Json& value) {
  // What is not UTF-8 is replaced, never thrown at.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
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
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: break;
  }
  return spdlog::level::err;
}

}  // namespace

std::string format_event(LogFormat format, std::string_view name, const LogFields& fields) {
  const bool json = format == LogFormat::json;
  std::string line;
  if (json) line += "\"event\":" + as_json(Json(std::string(name)));
  else line += name;
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
