// A whole session between a client and an upstream that play a script: their bytes, with 0xff and a
// letter before each part. C, U: the client or the upstream sends what follows. c, u: it ends its
// sending. r, R: it resets. N: another client comes. Whatever they do, what the proxy writes is
// well framed on both sides, no permit is lost, and the session ends when it is told to.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "service/proxy/worker.hpp"
#include "tests/fuzz/strict_reader.hpp"

using namespace sweetspot;
using namespace sweetspot::proxy;

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// The other end of a connection of the proxy's. Never waits.
class End {
 public:
  explicit End(int socket) : socket_(socket) { ::fcntl(socket_, F_SETFL, O_NONBLOCK); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  ~End() { reset(); }

  void send(std::string_view bytes) {
    if (socket_ >= 0) (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void read() {
    char buffer[65536];
    ssize_t got;
    while (socket_ >= 0 && (got = ::recv(socket_, buffer, sizeof buffer, 0)) > 0) {
      received.append(buffer, static_cast<std::size_t>(got));
    }
  }
  void end() {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_WR);
  }
  // At once, so that no port stays taken for a while.
  void reset() {
    if (socket_ < 0) return;
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(socket_, -1));
  }

  std::string received;

 private:
  int socket_;
};

int listener() {
  static const int socket = [] {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                ::listen(made, 64) == 0,
            "there is a port to listen on");
    return made;
  }();
  return socket;
}

std::uint16_t listening_port() {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Settings settings() {
  Settings settings;
  settings.upstream = {{"127.0.0.1", listening_port()}};
  settings.request_buffer = 512;
  settings.response_buffer = 4096;
  settings.max_head = 4096;
  settings.max_fields = 32;
  return settings;
}

class Play {
 public:
  explicit Play(std::string_view script)
      : script_(script),
        asks_for_heads_(script.find("HEAD") != std::string_view::npos),
        limiter_({}, 2, now()),
        shared_(settings(), limiter_),
        worker_(shared_, recorder_) {}

  void run() {
    come();
    asio::post(worker_.io(), [this] { step(); });
    worker_.run();
    require(worker_.failures() == 0, "no session ends by an exception");
    require(limiter_.in_flight() == 0 && limiter_.queued() == 0, "no permit is lost");
    for (const auto& one : upstreams_) check(one->received, true);
    // An answer to HEAD has no body, which only who asked can know.
    if (!asks_for_heads_) {
      for (const auto& one : clients_) check(one->received, false);
    }
    while (accept()) upstreams_.back()->reset();
  }

 private:
  static constexpr int turns_between_acts = 4;  // of the event loop, in which all becomes known

  void check(const std::string& received, bool of_requests) {
    const std::string problem = fuzz::StrictReader(of_requests).problem_in(received);
    if (!problem.empty()) std::fprintf(stderr, "%s\n", received.c_str());
    require(problem.empty(), problem.c_str());
  }

  void come() {
    int pair[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
            "there is a pair of sockets");
    clients_.push_back(std::make_unique<End>(pair[0]));
    worker_.begin_session(Socket(worker_.io().get_executor(), Protocol(AF_UNIX, 0), pair[1]),
                          shared_.settings.listen.front());
  }

  bool accept() {
    const int socket = ::accept4(listener(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) upstreams_.push_back(std::make_unique<End>(socket));
    return socket >= 0;
  }

  void step() {
    accept();
    for (const auto& one : clients_) one->read();
    for (const auto& one : upstreams_) one->read();
    if (++turn_ % turns_between_acts == 0 && !act()) return worker_.stop();
    asio::post(worker_.io(), [this] { step(); });
  }

  // The next part of the script; false at its end.
  bool act() {
    if (script_.empty()) return false;
    const std::size_t mark = script_.find('\xff');
    const std::string_view bytes = script_.substr(0, mark);
    End* const upstream = upstreams_.empty() ? nullptr : upstreams_.back().get();
    if (End* const speaker = speaks_upstream_ ? upstream : clients_.back().get())
      speaker->send(bytes);
    script_.remove_prefix(bytes.size());
    if (script_.size() < 2) {
      script_ = {};
      return true;
    }
    const char what = script_[1];
    script_.remove_prefix(2);
    switch (what) {
      case 'C':
        speaks_upstream_ = false;
        break;
      case 'U':
        speaks_upstream_ = true;
        break;
      case 'c':
        clients_.back()->end();
        break;
      case 'r':
        clients_.back()->reset();
        break;
      case 'N':
        if (clients_.size() < 8) come();
        break;
      case 'u':
        if (upstream != nullptr) upstream->end();
        break;
      case 'R':
        if (upstream != nullptr) upstream->reset();
        break;
      default:
        break;
    }
    return true;
  }

  std::string_view script_;  // what of it has not been played
  const bool asks_for_heads_;
  admission::Limiter limiter_;
  control::Recorder recorder_;
  Shared shared_;
  Worker worker_;
  std::vector<std::unique_ptr<End>> clients_, upstreams_;
  bool speaks_upstream_ = false;
  int turn_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
