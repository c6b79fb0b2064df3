#include "loadgen/command/costs.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <coroutine>
#include <functional>
#include <thread>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

// Nanoseconds a turn of `many`, which does it so many times: the median of several tries, so that
// one that was disturbed does not count.
double median_cost(long times, const std::function<void(long)>& many) {
  std::array<double, 7> tries{};
  for (double& each : tries) {
    const auto begun = Clock::now();
    many(times);
    each = std::chrono::duration<double, std::nano>(Clock::now() - begun).count() /
           static_cast<double>(times);
  }
  std::nth_element(tries.begin(), tries.begin() + tries.size() / 2, tries.end());
  return tries[tries.size() / 2];
}

[[gnu::noinline]] long plus_one(long value) {
  asm volatile("" : "+r"(value));
  return value + 1;
}

void call_function(long times) {
  long value = 0;
  for (long i = 0; i < times; ++i) value = plus_one(value);
  asm volatile("" : : "r"(value));
}

void read_clock(long times) {
  for (long i = 0; i < times; ++i) static_cast<void>(Clock::now());
}

void call_kernel(long times) {
  for (long i = 0; i < times; ++i) ::syscall(SYS_getppid);
}

void make_threads(long times) {
  for (long i = 0; i < times; ++i) std::thread([] {}).join();
}

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

[[gnu::noinline]] Task do_nothing() { co_return; }

void make_coroutines(long times) {
  for (long i = 0; i < times; ++i) {
    const Task task = do_nothing();
    task.handle.resume();
    task.handle.destroy();
  }
}

// Two threads that wake each other in turn; a turn is two hand-offs.
void hand_off(long times) {
  const int ping = ::eventfd(0, EFD_CLOEXEC), pong = ::eventfd(0, EFD_CLOEXEC);
  std::thread other([&] {
    eventfd_t value = 0;
    for (long i = 0; i < times / 2; ++i) {
      ::eventfd_read(ping, &value);
      ::eventfd_write(pong, 1);
    }
  });
  eventfd_t value = 0;
  for (long i = 0; i < times / 2; ++i) {
    ::eventfd_write(ping, 1);
    ::eventfd_read(pong, &value);
  }
  other.join();
  ::close(ping);
  ::close(pong);
}

// 64 descriptors that are ready, fetched by one call.
void wait_for_events(long times) {
  constexpr int ready = 64;
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  std::array<int, ready> descriptors{};
  for (int& descriptor : descriptors) {
    descriptor = ::eventfd(1, EFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
  }
  std::array<epoll_event, ready> events{};
  for (long i = 0; i < times; i += ready) ::epoll_wait(set, events.data(), ready, 0);
  for (const int descriptor : descriptors) ::close(descriptor);
  ::close(set);
}

constexpr std::size_t page = 4096;

void read_pages(long times) {
  const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  std::array<char, page> buffer{};
  for (long i = 0; i < times; ++i) static_cast<void>(!::read(zero, buffer.data(), buffer.size()));
  ::close(zero);
}

void read_bytes(long times) {
  const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  std::array<char, page> buffer{};
  for (long i = 0; i < times; ++i) {
    for (char& byte : buffer) static_cast<void>(!::read(zero, &byte, 1));
  }
  ::close(zero);
}

std::string clock_meaning(double nanoseconds) {
  return nanoseconds > 150 ? "the VDSO clock is missing: each time that is read is a system call"
                           : "read the clock wherever a time is needed; do not cache it";
}

std::string words(double nanoseconds) {
  if (nanoseconds < 1e3) return format("%.1f ns", nanoseconds);
  if (nanoseconds < 1e6) return format("%.2f us", nanoseconds / 1e3);
  return format("%.2f ms", nanoseconds / 1e6);
}

}  // namespace

std::vector<Cost> measure_costs() {
  const double clock = median_cost(200'000, read_clock);
  return {
      {"function call", median_cost(2'000'000, call_function), 0.3, 3, "nothing to save here"},
      {"clock read", clock, 10, 60, clock_meaning(clock)},
      {"system call", median_cost(100'000, call_kernel), 50, 600,
       "count the calls of a request, not its lines"},
      {"coroutine", median_cost(100'000, make_coroutines), 10, 1000,
       "one for each request costs next to nothing"},
      {"thread", median_cost(300, make_threads), 5e3, 5e4,
       "one for each request costs more than most requests do"},
      {"hand-off", median_cost(5'000, hand_off), 2e3, 5e4,
       "each lock or queue between threads may cost this"},
      {"epoll event", median_cost(64'000, wait_for_events), 10, 200,
       "many connections on one loop are cheap"},
      {"read of 4 KiB", median_cost(20'000, read_pages), 100, 2e3, "read what is there at once"},
      {"4 KiB by bytes", median_cost(20, read_bytes), 2e5, 6e6,
       "unbuffered reads cost a thousand times as much"},
  };
}

std::string format_costs(const std::vector<Cost>& costs) {
  std::string text = format("%-16s %12s %24s  %s\n", "operation", "here", "usual", "what it means");
  for (const Cost& cost : costs) {
    const char* mark = cost.nanoseconds > 2 * cost.high ? "  DEARER THAN USUAL" : "";
    text +=
        format("%-16s %12s %24s  %s%s\n", cost.operation.c_str(), words(cost.nanoseconds).c_str(),
               (words(cost.low) + " … " + words(cost.high)).c_str(), cost.meaning.c_str(), mark);
  }
  return text;
}

}  // namespace sweetspot::loadgen
