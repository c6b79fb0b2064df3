#include "service/platform/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace sweetspot::platform {
namespace {

std::string cannot_be_read() { return std::string("cannot be read: ") + std::strerror(errno); }

std::string has_more_than(std::size_t most) {
  constexpr std::size_t kib = 1024, mib = 1024 * kib;
  return "has more than " +
         (most < mib ? std::to_string(most / kib) + " KiB" : std::to_string(most / mib) + " MiB");
}

// Opening it waits for nobody: neither for who writes to a pipe nor for a device.
class Opened {
 public:
  explicit Opened(const std::string& path)
      : Opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  explicit Opened(int descriptor) : descriptor_(descriptor) {
    if (descriptor_ < 0 || ::fstat(descriptor_, &status_) != 0) problem_ = cannot_be_read();
  }
  ~Opened() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  const std::string& problem() const { return problem_; }

  std::string judge_regular(std::size_t most) const {
    if (!problem_.empty()) return problem_;
    if (S_ISDIR(status_.st_mode)) return std::string("cannot be read: ") + std::strerror(EISDIR);
    if (!S_ISREG(status_.st_mode)) return "is not a regular file";
    return static_cast<std::size_t>(status_.st_size) > most ? has_more_than(most) : "";
  }

  Parsed<std::string> read(std::size_t most, std::chrono::milliseconds patience) const {
    std::string text;
    std::array<char, 16 * 1024> part;
    while (text.size() <= most) {
      pollfd waits{.fd = descriptor_, .events = POLLIN, .revents = 0};
      if (::poll(&waits, 1, static_cast<int>(patience.count())) == 0)
        return {{}, "cannot be read: nothing comes for " + format_duration(patience)};
      const auto got = ::read(descriptor_, part.data(), part.size());
      if (got == 0) return {std::move(text), {}};
      if (got > 0)
        text.append(part.data(), static_cast<std::size_t>(got));
      else if (errno != EAGAIN && errno != EINTR)
        return {{}, cannot_be_read()};
    }
    return {{}, has_more_than(most)};
  }

 private:
  const int descriptor_;
  struct stat status_ {};
  std::string problem_;
};

}  // namespace

std::string judge_file(const std::string& path, std::size_t most) {
  return Opened(path).judge_regular(most);
}

Parsed<std::string> read_file(const std::string& path, std::size_t most) {
  const Opened file(path);
  if (auto problem = file.judge_regular(most); !problem.empty()) return {{}, std::move(problem)};
  return file.read(most, {});
}

Parsed<std::string> read_stream(const std::string& path, std::size_t most,
                                std::chrono::milliseconds patience) {
  const Opened file(path);
  if (!file.problem().empty()) return {{}, file.problem()};
  return file.read(most, patience);
}

Parsed<std::string> read_stdin(std::size_t most, std::chrono::milliseconds patience) {
  const Opened file(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!file.problem().empty()) return {{}, file.problem()};
  return file.read(most, patience);
}

std::string first_word(const Parsed<std::string>& content) {
  std::string word;
  if (content) std::istringstream(*content) >> word;
  return word;
}

}  // namespace sweetspot::platform
