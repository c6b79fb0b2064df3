// What metrics add to a request, to be counted by callgrind.
//   bench_recorder REQUESTS with|without
#include <array>
#include <cstdlib>
#include <string_view>

#include "service/control/recorder.hpp"

using namespace sweetspot;
using namespace std::chrono_literals;

namespace {

struct Ended {
  control::Outcome outcome;
  tuner::Duration backend, queue_wait;
};
constexpr std::array<Ended, 4> ended{
    Ended{control::Outcome::success, 12ms, 0ns}, Ended{control::Outcome::success, 850us, 40us},
    Ended{control::Outcome::success, 31ms, 7ms}, Ended{control::Outcome::error_status, 2ms, 300us}};

// As the proxy calls it: a request that reused its connection and has ended.
[[gnu::noinline]] void count(control::Recorder& recorder, const Ended& request) {
  recorder.upstream_reused();
  recorder.completed(0, request.outcome, request.backend, request.queue_wait,
                     request.backend + request.queue_wait, true);
}
[[gnu::noinline]] void leave(control::Recorder& recorder, const Ended& request) {
  asm volatile("" : : "r"(&recorder), "r"(&request));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto requests = std::strtoul(argv[1], nullptr, 10);
  const auto each = argv[2] == std::string_view("with") ? count : leave;
  static control::Recorder recorder;
  for (unsigned long i = 0; i < requests; ++i) each(recorder, ended[i % ended.size()]);
}
