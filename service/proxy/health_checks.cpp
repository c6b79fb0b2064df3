#include "service/proxy/health_checks.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace sweetspot::proxy {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t status_end = sizeof("HTTP/1.1 200") - 1;

// A connection on which a thread may wait, but not past its deadline.
class Question {
 public:
  Question(const Target& target, tuner::TimePoint deadline, int interrupted)
      : socket_(::socket(target.address.storage.ss_family,
                         SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        interrupted_(interrupted),
        deadline_(deadline) {}
  ~Question() { ::close(socket_); }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  std::string connect(const Address& address) {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0)
      return {};
    if (errno != EINPROGRESS) return std::strerror(errno);
    if (!wait(POLLOUT)) return "no connection in time";
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? std::string() : std::strerror(error);
  }

  std::string secure(ssl_ctx_st& context, const std::string& name) {
    tls_.emplace(context, socket_, name);
    for (;;) {
      const auto step = tls_->handshake();
      if (step == Tls::Step::done) return {};
      if (step == Tls::Step::failed) return tls_->problem();
      if (!wait(step == Tls::Step::wants_read ? POLLIN : POLLOUT)) return "no handshake in time";
    }
  }

  std::string send(std::string_view text) {
    Outbox outbox;
    outbox.append(text);
    for (;;) {
      const auto flushed = tls_ ? tls_->write(outbox) : outbox.flush(socket_);
      if (flushed == Outbox::Flushed::all) return {};
      if (flushed == Outbox::Flushed::failed || !wait(POLLOUT)) return "it takes no request";
    }
  }

  bool is_late() const { return Clock::now() >= deadline_; }

  // At least so many bytes; fewer where it has ended or is late.
  std::string read(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      char part[256];
      const auto got = read_some(part, sizeof part);
      if (got > 0) text.append(part, static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && !wait(POLLIN))) break;
    }
    return text;
  }

 private:
  ssize_t read_some(char* into, std::size_t room) {  // 0 at the end, -1 where nothing has come yet
    if (tls_) {
      const auto got = tls_->read(into, room);
      const bool may_come = got.bytes == 0 && got.why == Tls::Got::Why::blocked;
      return may_come ? -1 : static_cast<ssize_t>(got.bytes);
    }
    const ssize_t got = ::recv(socket_, into, room, 0);
    return got < 0 && errno != EAGAIN ? 0 : got;
  }

  bool wait(short events) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    std::array<pollfd, 2> wanted{pollfd{socket_, events, 0}, pollfd{interrupted_, POLLIN, 0}};
    return left > 0 && ::poll(wanted.data(), wanted.size(), static_cast<int>(left)) > 0 &&
           wanted[1].revents == 0;
  }

  const int socket_, interrupted_;
  const tuner::TimePoint deadline_;
  std::optional<Tls> tls_;
};

}  // namespace

HealthChecks::HealthChecks(const Settings& settings, const std::string& authority,
                           UpstreamTargets& targets)
    : settings_(settings.health),
      tls_(settings.upstream_tls),
      request_("GET " + settings.health.path + " HTTP/1.1\r\nHost: " + authority +
               "\r\nUser-Agent: sweetspot-health\r\nConnection: close\r\n\r\n"),
      targets_(targets),
      interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

HealthChecks::~HealthChecks() {
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
  }
  stop_.notify_all();
  ::eventfd_write(interrupt_, 1);
  if (thread_.joinable()) thread_.join();
  ::close(interrupt_);
}

void HealthChecks::use(const TlsContexts& contexts) {
  std::lock_guard lock(mutex_);
  contexts_ = contexts;
}

TlsContexts HealthChecks::contexts() {
  std::lock_guard lock(mutex_);
  return contexts_;
}

void HealthChecks::start() {
  thread_ = std::thread([this] { run(); });
}

void HealthChecks::run() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    lock.unlock();
    const auto targets = targets_.list();
    for (const auto& target : *targets) check(*target);
    std::erase_if(failures_, [&](const auto& entry) {
      return std::none_of(targets->begin(), targets->end(),
                          [&](const auto& target) { return target->address.name == entry.first; });
    });
    lock.lock();
    stop_.wait_for(lock, settings_.interval, [this] { return stops_; });
  }
}

void HealthChecks::check(Target& target) {
  if (target.is_self) return;
  const std::string problem = ask(target);
  int& failures = failures_[target.address.name];
  failures = problem.empty() ? 0 : failures + 1;
  target.set_health(failures < settings_.failures ? std::string() : problem);
  if (problem.empty()) target.took_connection();  // no request has to find that out
}

std::string HealthChecks::ask(const Target& target) {
  Question question(target, Clock::now() + settings_.timeout, interrupt_);
  std::string problem = question.connect(target.address);
  if (const auto context = contexts().upstream; problem.empty() && context) {
    const auto& name = tls_.server_name.empty() ? target.address.host : tls_.server_name;
    problem = question.secure(*context, name);
  }
  if (problem.empty()) problem = question.send(request_);
  if (!problem.empty()) return problem;
  const std::string answer = question.read(status_end);
  const bool is_answer = answer.size() >= status_end && answer.starts_with("HTTP/1.");
  if (!is_answer && !answer.empty()) return "what it answers is not HTTP/1";
  if (!is_answer) return question.is_late() ? "no answer in time" : "it closed the connection";
  const std::string status = answer.substr(status_end - 3, 3);
  return status[0] == '2' || status[0] == '3' ? "" : "it answered " + status;
}

}  // namespace sweetspot::proxy
