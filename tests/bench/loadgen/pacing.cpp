// The control beside an open loop: a loop that stays awake and does nothing but look whether the
// next send is due. What is late here, this machine has made late.
//   bench_pacing RATE SECONDS
// Prints {"sent": .., "late": ..}; late is what comes more than 1 ms after it was due.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc != 3) return 2;
  const double rate = std::atof(argv[1]), seconds = std::atof(argv[2]);
  if (!(rate > 0 && seconds > 0)) return 2;
  std::uint64_t sent = 0, late = 0;
  const auto start = Clock::now();
  const auto after = [](double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
  };
  for (auto due = start; due < start + after(seconds);
       due = start + after(static_cast<double>(sent) / rate)) {
    auto now = Clock::now();
    while (now < due) now = Clock::now();
    ++sent;
    if (now - due > std::chrono::milliseconds(1)) ++late;
  }
  std::printf("{\"sent\": %llu, \"late\": %llu}\n", static_cast<unsigned long long>(sent),
              static_cast<unsigned long long>(late));
}
