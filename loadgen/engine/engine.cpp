#include "loadgen/engine/engine.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "loadgen/engine/worker.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::engine {
namespace {

using asio::ip::tcp;
using Clock = Worker::Clock;

// The server's address. Where its name has several, the first that accepts a connection.
tcp::endpoint resolve(const platform::Endpoint& server, error_code& error) {
  asio::io_context io;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(server.host, std::to_string(server.port),
                                      tcp::resolver::numeric_service, error);
  if (error || found.empty()) return {};
  if (found.size() > 1) {
    tcp::socket probe(io);
    error_code refused;
    const auto reached = asio::connect(probe, found, refused);
    if (!refused) return reached;
  }
  return found.begin()->endpoint();
}

// The i-th of `parts` nearly equal parts.
std::uint64_t part_of(std::uint64_t whole, int i, int parts) {
  const auto n = static_cast<std::uint64_t>(parts);
  return whole / n + (static_cast<std::uint64_t>(i) < whole % n ? 1 : 0);
}

// Starts the workers, moves the bounds of what is measured, and collects.
class Coordinator {
 public:
  Coordinator(const Plan& plan, const tcp::endpoint& server)
      : plan_(plan), done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), start_(Clock::now()) {
    const int threads = std::min(plan_.threads, plan_.connections);
    for (int i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(plan_, schedule_, server, share(i, threads)));
    }
  }

  ~Coordinator() { ::close(done_); }

  Outcome run(int stop, const std::function<void(const Progress&)>& watch, Duration interval) {
    if (plan_.warm_up.at_most == Duration(0)) begin_measuring(start_);
    running_ = workers_.size();
    std::vector<std::jthread> threads;
    for (auto& worker : workers_) threads.emplace_back([this, &worker] { serve(*worker); });
    while (!wait(stop, interval)) {
      step(Clock::now());
      watch(progress(Clock::now()));
    }
    threads.clear();
    return collect();
  }

 private:
  Worker::Share share(int i, int threads) const {
    const auto requests =
        plan_.requests ? std::optional(part_of(*plan_.requests, i, threads)) : std::nullopt;
    const auto connections = static_cast<int>(
        part_of(static_cast<std::uint64_t>(plan_.connections), i, threads));
    if (!plan_.rate) return {connections, Arrivals::closed(requests)};
    const double rate = *plan_.rate / threads;
    const auto offset = tuner::from_seconds(i / *plan_.rate);  // the workers take turns
    const OpenLoop loop{.rate = rate,
                        .start = start_ + offset,
                        .pattern = plan_.pattern,
                        .seed = plan_.seed + static_cast<std::uint64_t>(i),
                        .catch_up = plan_.catch_up.value_or(plan_.timeout)};
    return {connections, Arrivals::open(loop, requests)};
  }

  void serve(Worker& worker) {
    worker.run();
    if (--running_ == 0) {
      const std::uint64_t one = 1;
      static_cast<void>(!::write(done_, &one, sizeof one));
    }
  }

  // True once all workers are done.
  bool wait(int stop, Duration interval) {
    const auto nap = std::min(interval, std::max(Duration(0), next_change_ - Clock::now()));
    std::array<pollfd, 2> watched{{{done_, POLLIN, 0}, {interrupted_ ? -1 : stop, POLLIN, 0}}};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(nap).count();
    ::poll(watched.data(), watched.size(), static_cast<int>(ms));
    if (watched[1].revents != 0) interrupt();
    return watched[0].revents != 0;
  }

  void interrupt() {
    interrupted_ = true;
    const TimePoint now = Clock::now();
    if (phase_ == Phase::warm_up) schedule_.set_from(now);
    if (phase_ != Phase::drain) end_measuring(now);
    schedule_.abandon();
  }

  void step(TimePoint now) {
    if (phase_ == Phase::warm_up && is_over(plan_.warm_up, now)) begin_measuring(now);
    if (phase_ == Phase::measure && is_over(plan_.measured, now)) {
      end_measuring(std::min(now, schedule_.until()));
    }
  }

  bool is_over(const Stretch& stretch, TimePoint now) const {
    const auto [phase, elapsed, requests] = progress(now);
    return elapsed >= stretch.at_most ||
           (elapsed >= stretch.at_least && requests >= stretch.requests);
  }

  void begin_measuring(TimePoint now) {
    enter(Phase::measure, now);
    schedule_.set_from(now);
    // An end that is known beforehand is kept by the workers, to the nanosecond.
    const auto& [at_least, requests, at_most] = plan_.measured;
    const Duration bound = requests == 0 ? std::min(at_least, at_most) : at_most;
    if (bound < Duration::max()) {
      schedule_.set_until(now + bound);
      next_change_ = now + bound;
    }
    cpu_before_ = cpu_time();
  }

  void end_measuring(TimePoint now) {
    schedule_.set_until(now);
    cpu_after_ = cpu_time();
    enter(Phase::drain, now);
  }

  void enter(Phase phase, TimePoint now) {
    phase_ = phase;
    phase_start_ = now;
    phase_requests_ = ended();
    next_change_ = TimePoint::max();
  }

  Progress progress(TimePoint now) const {
    return {phase_, now - phase_start_, ended() - phase_requests_};
  }

  std::uint64_t ended() const {
    return std::accumulate(workers_.begin(), workers_.end(), std::uint64_t{0},
                           [](auto sum, const auto& worker) { return sum + worker->ended(); });
  }

  static Duration cpu_time() { return platform::cpu_time_of(getpid()).value_or(Duration(0)); }

  Outcome collect() {
    if (phase_ == Phase::measure) cpu_after_ = cpu_time();
    Outcome outcome;
    for (const auto& worker : workers_) outcome.tally.merge(worker->tally());
    // A run that ended by its number of requests ended with the last of them.
    const bool by_number = Clock::now() < schedule_.until();
    const TimePoint end = by_number ? outcome.tally.last : schedule_.until();
    outcome.measured = std::max(Duration(0), end - schedule_.from());
    outcome.client_cpu = cpu_after_ - cpu_before_;
    outcome.interrupted = interrupted_;
    return outcome;
  }

  const Plan& plan_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> running_ = 0;
  int done_;
  TimePoint start_;
  Phase phase_ = Phase::warm_up;
  TimePoint phase_start_ = start_;
  std::uint64_t phase_requests_ = 0;
  TimePoint next_change_ = TimePoint::max();
  Duration cpu_before_{}, cpu_after_{};
  bool interrupted_ = false;
};

}  // namespace

Outcome run(const Plan& plan, int stop, const std::function<void(const Progress&)>& watch,
            Duration interval) {
  error_code error;
  const auto server = resolve(plan.server, error);
  if (error) {
    Outcome outcome;
    outcome.error = "cannot find the host \"" + plan.server.host + "\": " + error.message();
    return outcome;
  }
  return Coordinator(plan, server).run(stop, watch, interval);
}

}  // namespace sweetspot::engine
