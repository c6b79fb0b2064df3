// How long a call to the control plane takes, at a steady rate, on a channel that is warm.
//   bench_calls status|refused H:P RATE SECONDS    `refused` is answered without asking the tuner
//   bench_calls echo CPU RATE SECONDS              the control: a byte to a thread on that CPU and
//   back
// Prints {"calls": .., "p50_ms": .., "p99_ms": ..}.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sweetspot/v1/control.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace v1 = sweetspot::v1;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The byte that wakes a thread which has the priority of the control plane's, and what it sends
// back.
class Echo {
 public:
  explicit Echo(int cpu) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    client_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, generic, &size) != 0 || ::connect(client_, generic, size) != 0)
      die("echo");
    server_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    const int on = 1;
    for (const int end : {client_, server_})
      ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    thread_ = std::thread([this, cpu] { answer(cpu); });
  }
  ~Echo() {
    ::shutdown(client_, SHUT_RDWR);
    thread_.join();
    ::close(client_);
    ::close(server_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  void ask() const {
    char byte = 'x';
    if (::write(client_, &byte, 1) != 1 || ::read(client_, &byte, 1) != 1) die("echo");
  }

 private:
  void answer(int cpu) const {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(cpu), &only);
    if (::sched_setaffinity(0, sizeof only, &only) != 0) die("sched_setaffinity");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
    for (char byte; ::read(server_, &byte, 1) == 1;)
      if (::write(server_, &byte, 1) != 1) return;
  }

  int client_ = -1, server_ = -1;
  std::thread thread_;
};

void measure(double rate, double seconds, const std::function<void()>& call) {
  for (int i = 0; i < 20; ++i) call();
  const auto gap =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  std::vector<double> took;
  for (auto due = Clock::now(); due < end; due = std::max(due + gap, Clock::now())) {
    std::this_thread::sleep_until(due);
    const auto begin = Clock::now();
    call();
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))];
  };
  std::printf("{\"calls\": %zu, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n", took.size(), at(0.5),
              at(0.99));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string kind = argv[1], where = argv[2];
  const double rate = std::atof(argv[3]), seconds = std::atof(argv[4]);
  if (!(rate > 0 && seconds > 0)) return 2;
  if (kind == "echo") {
    const Echo echo(std::atoi(where.c_str()));
    measure(rate, seconds, [&] { echo.ask(); });
    return 0;
  }
  const auto stub =
      v1::Control::NewStub(grpc::CreateChannel(where, grpc::InsecureChannelCredentials()));
  v1::SetLimitRequest too_much;
  too_much.set_comment(std::string(4096, 'x'));
  const bool is_refused = kind == "refused";
  measure(rate, seconds, [&] {
    grpc::ClientContext context;
    v1::Status status;
    const auto result = is_refused ? stub->SetLimit(&context, too_much, &status)
                                   : stub->GetStatus(&context, {}, &status);
    const auto expected = is_refused ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::OK;
    if (result.error_code() != expected) {
      std::fprintf(stderr, "%s\n", result.error_message().c_str());
      std::exit(1);
    }
  });
}
