// The request path alone, at a fixed limit: what the proxy's benchmarks measure.
//   bench_proxy LISTEN_PORT UPSTREAM_PORT [LIMIT [WORKERS]]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "service/proxy/server.hpp"

using namespace sweetspot;

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto number = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };

  proxy::Settings settings;
  settings.listen = {"127.0.0.1", static_cast<std::uint16_t>(number(1, 0))};
  settings.upstream = {"127.0.0.1", static_cast<std::uint16_t>(number(2, 0))};
  settings.workers = number(4, 1);
  admission::Limiter limiter({}, number(3, 64), std::chrono::steady_clock::now());
  std::vector<std::unique_ptr<control::Recorder>> recorders;
  for (int i = 0; i < settings.workers; ++i) recorders.push_back(std::make_unique<control::Recorder>());

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  {
    proxy::Server server(settings, limiter, recorders);
    const auto bound = server.bind();
    if (!bound.error.empty()) return std::fprintf(stderr, "%s\n", bound.error.c_str()), 3;
    server.start();
    std::printf("ready proxy=127.0.0.1:%u\n", bound.port);
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
  }
  std::uint64_t successes = 0;
  for (const auto& recorder : recorders) successes += recorder->requests(0, control::Outcome::success);
  std::printf("successes=%llu in_flight=%d queued=%d\n", static_cast<unsigned long long>(successes),
              limiter.in_flight(), limiter.queued());
}
