#include "loadgen/engine/request_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sweetspot::engine {
namespace {

constexpr std::size_t piece = 64 * 1024;  // of lines, for one write
constexpr std::string_view head = "start_s,latency_ms,first_byte_ms,status,error,target\n";

}  // namespace

platform::Parsed<std::shared_ptr<RequestLog>> RequestLog::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return {{}, "cannot write the file \"" + path + "\": " + std::strerror(errno)};
  auto log = std::make_shared<RequestLog>(file);
  log->append(head);
  return {std::move(log), {}};
}

RequestLog::~RequestLog() { ::close(file_); }

void RequestLog::append(std::string_view lines) {
  while (!lines.empty() && failure_ == 0) {
    const ssize_t written = ::write(file_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      failure_ = written < 0 ? errno : EIO;
      return;
    }
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

void RequestLines::add(const Entry& entry) {
  std::array<char, 160> line;
  const auto append = [this, &line](int size) {
    lines_.append(line.data(), static_cast<std::size_t>(size));
  };
  append(std::snprintf(line.data(), line.size(), "%.6f,%.4f,", tuner::seconds(entry.start),
                       tuner::milliseconds(entry.latency)));
  if (entry.first_byte)
    append(std::snprintf(line.data(), line.size(), "%.4f,%d",
                         tuner::milliseconds(*entry.first_byte), entry.status));
  else
    lines_ += ',';
  lines_ += ',';
  lines_ += entry.error;
  append(std::snprintf(line.data(), line.size(), ",%zu\n", entry.target + 1));
  if (lines_.size() >= piece) flush();
}

void RequestLines::flush() {
  if (log_ == nullptr) return;
  log_->append(lines_);
  lines_.clear();
}

}  // namespace sweetspot::engine
