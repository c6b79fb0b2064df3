#include "service/ctl/render.hpp"

#include <google/protobuf/message.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace sweetspot::ctl {
namespace {

using Json = nlohmann::ordered_json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Json json_of(const Message& message);

Json json_of(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64: return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32: return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64: return reflection.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE: return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT: return reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_STRING: return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM: return reflection.GetEnum(message, &field)->name();
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  if (!reflection.HasField(message, &field)) return nullptr;
  return json_of(reflection.GetMessage(message, &field));
}

Json json_of(const Message& message) {
  Json object = Json::object();
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i)
    object[descriptor.field(i)->name()] = json_of(message, *descriptor.field(i));
  return object;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  std::array<char, 512> line{};
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(line.data(), line.size(), pattern, arguments);
  va_end(arguments);
  return line.data();
}

// Text from the other side, made safe for a terminal.
std::string printable(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == 0x7f;
    safe += is_control ? '?' : c;
  }
  return safe;
}

std::string clock_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &utc);
  return text.data();
}

std::string verdict_line(const v1::Verdict& verdict) {
  std::string line = clock_text(verdict.unix_time_ms()) + "  " + printable(verdict.reason()) + "  " +
                     printable(verdict.sentence());
  if (!verdict.comment().empty()) line += " (" + printable(verdict.comment()) + ")";
  return line;
}

std::string status_line(const v1::Status& s) {
  return format("limit %4d  in flight %4d  queued %4d  %9.1f/s  p50 %8.1f ms  p99 %8.1f ms  %s",
                s.limit(), s.in_flight(), s.queued(), s.throughput(), s.p50_ms(), s.p99_ms(),
                printable(s.state()).c_str());
}

}  // namespace

std::string to_json(const Message& message) { return dump(json_of(message)); }

std::string to_json_event(const v1::WatchEvent& event) {
  Json object = Json::object();
  if (event.has_verdict()) object["verdict"] = json_of(event.verdict());
  if (event.has_status()) object["status"] = json_of(event.status());
  return dump(object);
}

std::string status_text(const v1::Status& s) {
  std::string text;
  const auto row = [&](const char* name, const std::string& value) {
    text += format("%-12s", name) + value + "\n";
  };
  std::string limit = format("%d", s.limit());
  if (s.limit() != s.held_limit()) limit += format(" (held %d)", s.held_limit());
  row("limit", limit + format(", bounds %d to %d", s.limit_min(), s.limit_max()) +
                   (s.pinned() ? ", pinned" : ""));
  row("in flight", format("%d", s.in_flight()));
  row("queued", format("%d", s.queued()));
  row("saturation", format("%.2f", s.saturation()));
  row("state", printable(s.state()) + ", objective " + printable(s.objective()) + ", mode " +
                   printable(s.mode()) + ", algorithm " + printable(s.algorithm()));
  row("throughput", format("%.1f/s", s.throughput()));
  row("latency", format("p50 %.1f ms, p99 %.1f ms", s.p50_ms(), s.p99_ms()));
  row("at hold", format("%.1f/s, p50 %.1f ms, p99 %.1f ms, %.1f %% of requests explored elsewhere",
                        s.held_throughput(), s.held_p50_ms(), s.held_p99_ms(),
                        s.exploration_share() * 100));
  row("requests", format("%llu answered, %llu shed",
                         static_cast<unsigned long long>(s.requests()),
                         static_cast<unsigned long long>(s.shed())));
  if (s.backend_threads() > 0) row("backend", format("%d threads", s.backend_threads()));
  if (!s.fleet().empty() && s.fleet() != "off") row("fleet", printable(s.fleet()));
  row("version", printable(s.version()) + format(", up %.0f s", static_cast<double>(s.uptime_ms()) / 1e3));
  if (s.has_last_verdict()) row("verdict", verdict_line(s.last_verdict()));
  return text;
}

std::string event_text(const v1::WatchEvent& event) {
  if (event.has_verdict()) return verdict_line(event.verdict());
  return status_line(event.status());
}

}  // namespace sweetspot::ctl
