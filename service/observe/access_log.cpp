#include "service/observe/access_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "service/observe/access_line.hpp"

namespace sweetspot::observe {
namespace {

using proxy::AccessEntry;
using proxy::AccessRing;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr auto flush_interval = std::chrono::seconds(1);
constexpr std::size_t largest_batch = 256 * 1024;

}  // namespace

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
  file_ = settings_.file == "stderr" ? STDERR_FILENO : open();
  if (file_ < 0) return settings_.file + ": " + std::strerror(errno);
  thread_ = std::thread([this] { run(); });
  return {};
}

int AccessLog::open() const {
  return ::open(settings_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

// What cannot be opened changes nothing: the lines go on to where they went.
void AccessLog::follow_name() {
  if (file_ == STDERR_FILENO) return;
  struct stat ours {};
  struct stat named {};
  if (::fstat(file_, &ours) != 0 || !S_ISREG(ours.st_mode)) return;
  const bool is_there = ::stat(settings_.file.c_str(), &named) == 0;
  if (is_there && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  if (is_there && !S_ISREG(named.st_mode)) return;  // to open it might block
  const int fresh = open();
  if (fresh < 0) return;
  ::close(file_);
  file_ = fresh;
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t total = unwritten_.load(std::memory_order_relaxed);
  for (const AccessRing* ring : rings_) total += ring->dropped();
  return total;
}

void AccessLog::run() {
  const auto is_half_full = [](const AccessRing* ring) { return ring->is_half_full(); };
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
  follow_name();
  const auto steady = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  for (AccessRing* ring : rings_) {
    ring->take([&](const AccessEntry& entry) {
      const auto unix_ms = duration_cast<milliseconds>(wall - (steady - entry.at)).count();
      if (settings_.format == proxy::AccessFormat::json)
        append_json(batch_, entry, unix_ms);
      else
        append_combined(batch_, entry, unix_ms);
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
