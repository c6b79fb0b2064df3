#include "service/observe/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

namespace sweetspot::observe {
namespace {

using proxy::AccessEntry;
using proxy::AccessRing;
using Text = AccessEntry::Text;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr auto flush_interval = std::chrono::seconds(1);
constexpr std::size_t largest_batch = 256 * 1024;
constexpr std::string_view hex = "0123456789abcdef";

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

// Runs of plain characters are copied whole; any other byte becomes `prefix` and its two digits.
void append_escaped(std::string& line, std::string_view text, std::string_view prefix) {
  while (!text.empty()) {
    const auto odd = std::find_if_not(text.begin(), text.end(), is_plain);
    const auto plain = static_cast<std::size_t>(odd - text.begin());
    line.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    line.append(prefix).append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    text.remove_prefix(1);
  }
}

template <class Number>
void append_number(std::string& line, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  line.append(digits.data(), end);
}

// Milliseconds with three decimals.
void append_ms(std::string& line, tuner::Duration duration) {
  const auto us = std::max<std::int64_t>(0, duration_cast<std::chrono::microseconds>(duration).count());
  append_number(line, us / 1000);
  const auto rest = us % 1000;
  line.append(1, '.').append(1, static_cast<char>('0' + rest / 100));
  line.append(1, static_cast<char>('0' + rest / 10 % 10)).append(1, static_cast<char>('0' + rest % 10));
}

// The calendar is asked once a second of time, not once a line.
std::string_view time_text(std::int64_t unix_ms, const char* format) {
  struct Cached {
    std::time_t second = -1;
    const char* format = nullptr;
    std::array<char, 40> text{};
    std::size_t size = 0;
  };
  thread_local Cached cached;
  const std::time_t second = unix_ms / 1000;
  if (second != cached.second || format != cached.format) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    cached.size = std::strftime(cached.text.data(), cached.text.size(), format, &parts);
    cached.second = second;
    cached.format = format;
  }
  return {cached.text.data(), cached.size};
}

constexpr const char* iso_format = "%Y-%m-%dT%H:%M:%S";
constexpr const char* combined_format = "%d/%b/%Y:%H:%M:%S +0000";

void append_json_text(std::string& line, std::string_view name, std::string_view text) {
  line.append(",\"").append(name).append("\":\"");
  append_escaped(line, text, "\\u00");
  line.append(1, '"');
}

void append_json_ms(std::string& line, std::string_view name, tuner::Duration duration) {
  line.append(",\"").append(name).append("\":");
  append_ms(line, duration);
}

void append_combined_text(std::string& line, std::string_view text) {
  line.append(1, '"');
  if (text.empty()) line.append(1, '-');
  append_escaped(line, text, "\\x");
  line.append(1, '"');
}

}  // namespace

void append_json(std::string& line, const AccessEntry& entry, std::int64_t unix_ms) {
  line.append("{\"time\":\"").append(time_text(unix_ms, iso_format)).append(1, '.');
  const auto rest = unix_ms % 1000;
  for (const auto unit : {100, 10, 1}) line.append(1, static_cast<char>('0' + rest / unit % 10));
  line.append("Z\",\"status\":");
  append_number(line, entry.status);
  append_json_text(line, "ending", entry.ending);
  append_json_text(line, "peer", entry.text(Text::peer));
  append_json_text(line, "method", entry.text(Text::method));
  append_json_text(line, "target", entry.text(Text::target));
  append_json_text(line, "host", entry.text(Text::host));
  append_json_text(line, "user_agent", entry.text(Text::user_agent));
  append_json_text(line, "referer", entry.text(Text::referer));
  append_json_text(line, "traceparent", entry.text(Text::traceparent));
  append_json_ms(line, "queue_ms", entry.queue_wait);
  append_json_ms(line, "backend_ms", entry.backend);
  append_json_ms(line, "total_ms", entry.total);
  line.append(entry.is_slow ? ",\"slow\":true}\n" : ",\"slow\":false}\n");
}

void append_combined(std::string& line, const AccessEntry& entry, std::int64_t unix_ms) {
  const auto peer = entry.text(Text::peer);
  append_escaped(line, peer.empty() ? "-" : peer, "\\x");
  line.append(" - - [");
  line.append(time_text(unix_ms, combined_format)).append("] \"");
  append_escaped(line, entry.text(Text::method), "\\x");
  line.append(1, ' ');
  append_escaped(line, entry.text(Text::target), "\\x");
  line.append(" HTTP/1.1\" ");
  if (entry.status == 0) line.append("000");
  else append_number(line, entry.status);
  line.append(" - ");
  append_combined_text(line, entry.text(Text::referer));
  line.append(1, ' ');
  append_combined_text(line, entry.text(Text::user_agent));
  line.append(1, ' ');
  append_ms(line, entry.queue_wait);
  line.append(1, ' ');
  append_ms(line, entry.backend);
  line.append(1, ' ');
  append_ms(line, entry.total);
  line.append(1, '\n');
}

AccessLog::AccessLog(proxy::AccessSettings settings, proxy::AccessBell& bell,
                     std::vector<AccessRing*> rings)
    : settings_(std::move(settings)), bell_(bell), rings_(std::move(rings)) {}

AccessLog::~AccessLog() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  bell_.rung.notify_one();
  thread_.join();
  if (file_ != STDERR_FILENO) ::close(file_);
}

std::string AccessLog::start() {
  if (rings_.empty()) return {};
  file_ = settings_.file == "stderr"
              ? STDERR_FILENO
              : ::open(settings_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) return settings_.file + ": " + std::strerror(errno);
  thread_ = std::thread([this] { run(); });
  return {};
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t total = unwritten_.load(std::memory_order_relaxed);
  for (const AccessRing* ring : rings_) total += ring->dropped();
  return total;
}

void AccessLog::run() {
  const auto is_half_full = [](const AccessRing* ring) {
    return ring->waiting() >= AccessRing::capacity / 2;
  };
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(bell_.mutex);
      bell_.rung.wait_for(lock, flush_interval, [&] {
        return stopping_ || std::any_of(rings_.begin(), rings_.end(), is_half_full);
      });
    }
    last = stopping_;
    write_batch();
  }
}

void AccessLog::write_batch() {
  const auto steady = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  for (AccessRing* ring : rings_) {
    ring->take([&](const AccessEntry& entry) {
      const auto unix_ms = duration_cast<milliseconds>(wall - (steady - entry.at)).count();
      if (settings_.format == proxy::AccessFormat::json) append_json(batch_, entry, unix_ms);
      else append_combined(batch_, entry, unix_ms);
      ++batch_lines_;
      if (batch_.size() >= largest_batch) write_out();
    });
  }
  write_out();
}

void AccessLog::write_out() {
  std::string_view left = batch_;
  while (!left.empty()) {
    const auto written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  // A batch that failed half way counts as lost, for its lines cannot be told apart.
  (left.empty() ? lines_ : unwritten_).fetch_add(batch_lines_, std::memory_order_relaxed);
  batch_.clear();
  batch_lines_ = 0;
}

}  // namespace sweetspot::observe
