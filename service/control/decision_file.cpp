#include "service/control/decision_file.hpp"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>

#include "service/control/api_messages.hpp"

namespace sweetspot::control {
namespace {

constexpr std::size_t most_waiting = 4096;         // lines, while the disk blocks
constexpr std::streamoff most_read = 1024 * 1024;  // bytes from the end of each file

std::string rotated(const std::string& path, int number) {
  return path + "." + std::to_string(number);
}

// Adds the decisions at the end of one file.
void read_file(const std::string& path, std::deque<Decision>& decisions) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return;
  const std::streamoff size = file.tellg();
  file.seekg(size > most_read ? size - most_read : 0);
  for (std::string line; std::getline(file, line);) {
    auto decision = from_json_line(line);
    if (!decision) continue;
    if (!decisions.empty() &&
        decision->verdict.sequence <= decisions.back().verdict.sequence)
      continue;
    decisions.push_back(std::move(*decision));
    if (decisions.size() > DecisionLog::capacity) decisions.pop_front();
  }
}

}  // namespace

std::string to_json_line(const Decision& decision) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(to_message(decision), &line, options).ok())
    return {};
  return line + "\n";
}

std::optional<Decision> from_json_line(std::string_view line) {
  v1::Verdict message;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(line.data(), line.size()), &message);
  if (!parsed.ok()) return {};
  return from_message(message);
}

struct DecisionFile::Impl {
  DecisionFileSettings settings;
  std::function<void(const std::string&)> on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> waiting;
  bool ending = false;
  int fd = -1;
  std::uint64_t size = 0;
  std::thread thread;

  void run() {
    ::pthread_setname_np(::pthread_self(), "decision-file");
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return !waiting.empty() || ending; });
      if (waiting.empty()) break;
      const std::string line = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      write(line);
      lock.lock();
    }
    if (fd >= 0) ::close(fd);
  }

  void write(const std::string& line) {
    if (fd >= 0 && size + line.size() > settings.max_size) rotate();
    if (fd < 0 && !open()) return;
    const ssize_t written = ::write(fd, line.data(), line.size());
    if (written > 0) size += static_cast<std::uint64_t>(written);
    if (written == static_cast<ssize_t>(line.size())) return;
    fail("cannot be written");
    ::close(std::exchange(fd, -1));  // the next line begins with a fresh look at the file
  }

  bool open() {
    fd = ::open(settings.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat info{};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
      fail("cannot be opened");
      return false;
    }
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

  void fail(const char* what) const { on_problem(std::string(what) + ": " + std::strerror(errno)); }
};

DecisionFile::DecisionFile(DecisionFileSettings settings,
                           std::function<void(const std::string&)> on_problem)
    : impl_(std::make_unique<Impl>()) {
  impl_->settings = std::move(settings);
  impl_->on_problem = std::move(on_problem);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

DecisionFile::~DecisionFile() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void DecisionFile::append(const Decision& decision) {
  std::string line = to_json_line(decision);
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiting.size() >= most_waiting) impl_->waiting.pop_front();
    impl_->waiting.push_back(std::move(line));
  }
  impl_->changed.notify_one();
}

std::deque<Decision> DecisionFile::read_last(const std::string& path) {
  std::deque<Decision> decisions;
  read_file(rotated(path, 1), decisions);
  read_file(path, decisions);
  return decisions;
}

}  // namespace sweetspot::control
