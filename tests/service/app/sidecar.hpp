#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace sweetspot::tests {

// The real binary as a process of its own, on free loopback ports.
class Sidecar {
 public:
  explicit Sidecar(std::vector<std::string> flags) {
    flags.insert(flags.begin(), SWEETSPOT_BINARY);
    std::vector<char*> argv;
    for (auto& flag : flags) argv.push_back(flag.data());
    argv.push_back(nullptr);
    int out[2], err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ::posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    ::posix_spawn(&pid_, SWEETSPOT_BINARY, &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Sidecar() {
    if (pid_ > 0 && !ended_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // The pairs of the line `ready proxy=... admin=... control=...`.
  std::map<std::string, std::string> wait_ready() {
    std::string line;
    for (char c; ::read(out_, &c, 1) == 1 && c != '\n';) line += c;
    std::istringstream words(line);
    std::map<std::string, std::string> pairs;
    for (std::string word; words >> word;)
      if (const auto equals = word.find('='); equals != std::string::npos)
        pairs[word.substr(0, equals)] = word.substr(equals + 1);
    return pairs;
  }

  void signal(int number) { ::kill(pid_, number); }

  // Waits for its end. Its exit code, or minus the signal that killed it.
  int wait() {
    errors_ = read_all(err_);
    rest_ = read_all(out_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  const std::string& errors() const { return errors_; }  // after wait()
  const std::string& rest() const { return rest_; }      // of stdout, after wait()

  // Reads stderr until `word` appears in it; false where it ends before.
  bool wait_error(const std::string& word) {
    char c;
    while (errors_seen_.find(word) == std::string::npos) {
      if (::read(err_, &c, 1) != 1) return false;
      errors_seen_ += c;
    }
    return true;
  }

 private:
  static std::string read_all(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  bool ended_ = false;
  std::string errors_, rest_, errors_seen_;
};

}  // namespace sweetspot::tests
