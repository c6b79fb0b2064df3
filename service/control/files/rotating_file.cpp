#include "service/control/files/rotating_file.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace sweetspot::control {
namespace {

constexpr std::size_t most_waiting = 4096;  // texts, while the disk blocks

}  // namespace

std::string rotated(const std::string& path, int number) {
  return path + "." + std::to_string(number);
}

struct RotatingFile::Impl {
  struct Text {
    std::string text;
    bool begins_file = false;
  };

  RotatingFileSettings settings;
  std::function<void(const std::string&)> on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Text> waiting;
  bool ending = false;
  int fd = -1;
  std::uint64_t size = 0;
  bool is_regular = false;  // what else has been named, as /dev/stderr, must not be renamed
  std::string told;         // the last problem, until a text is written
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return !waiting.empty() || ending; });
      if (waiting.empty()) break;
      const Text next = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      write(next);
      lock.lock();
    }
    if (fd >= 0) ::close(fd);
  }

  void write(const Text& next) {
    const std::string& text = next.text;
    if (fd < 0 && !open()) return;
    const bool is_full = size + text.size() > settings.max_size;
    if (is_regular && size > 0 && (next.begins_file || is_full)) {
      rotate();
      if (!open()) return;
    }
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0) size += static_cast<std::uint64_t>(written);
    if (written == static_cast<ssize_t>(text.size())) return told.clear();
    fail("cannot be written");
    ::close(std::exchange(fd, -1));  // the next text begins with a fresh look at the file
  }

  bool open() {
    fd = ::open(settings.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
      fail("cannot be opened");
      return false;
    }
    is_regular = S_ISREG(info.st_mode);
    size = static_cast<std::uint64_t>(info.st_size);
    char last = '\n';
    if (size > 0 && ::pread(fd, &last, 1, info.st_size - 1) == 1 && last != '\n')
      size += ::write(fd, "\n", 1) == 1 ? 1 : 0;  // ends a line that a kill has torn
    return true;
  }

  void rotate() {
    ::close(std::exchange(fd, -1));
    for (int i = settings.keep; i > 1; --i)
      std::rename(rotated(settings.path, i - 1).c_str(), rotated(settings.path, i).c_str());
    if (settings.keep > 0)
      std::rename(settings.path.c_str(), rotated(settings.path, 1).c_str());
    else
      std::remove(settings.path.c_str());
  }

  // Once, for each line would say the same.
  void fail(const char* what) {
    std::string problem = std::string(what) + ": " + std::strerror(errno);
    if (problem == told) return;
    on_problem(problem);
    told = std::move(problem);
  }
};

RotatingFile::RotatingFile(RotatingFileSettings settings, const char* thread_name,
                           std::function<void(const std::string&)> on_problem)
    : impl_(std::make_unique<Impl>()) {
  impl_->settings = std::move(settings);
  impl_->on_problem = std::move(on_problem);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
  ::pthread_setname_np(impl_->thread.native_handle(), thread_name);
}

RotatingFile::~RotatingFile() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

bool RotatingFile::append(std::string text, bool begins_file) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiting.size() >= most_waiting) return false;
    impl_->waiting.push_back({std::move(text), begins_file});
  }
  impl_->changed.notify_one();
  return true;
}

}  // namespace sweetspot::control
