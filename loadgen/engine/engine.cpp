#include "loadgen/engine/engine.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>
#include <vector>

#include "loadgen/engine/worker.hpp"
#include "service/platform/process.hpp"
#include "service/platform/thread_load.hpp"

namespace sweetspot::engine {
namespace {

using Clock = Worker::Clock;

struct Found {
  std::vector<Address> addresses;
  std::string error;
};

// The addresses of all servers. A resolver blocks for as long as it likes, so it has a thread of
// its own, which is left behind where `stop` comes first: then there is nothing.
std::optional<Found> find(const std::vector<Server>& servers, int stop) {
  struct Shared {
    std::mutex mutex;
    std::optional<Found> found;
    int done = ::eventfd(0, EFD_CLOEXEC);
    ~Shared() { ::close(done); }
  };
  const auto shared = std::make_shared<Shared>();
  if (shared->done < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  std::thread([shared, servers] {
    Found found;
    for (const Server& server : servers) {
      auto address = resolve(server);
      found.error = address.error;
      if (!address) break;
      found.addresses.push_back(*address);
    }
    const std::scoped_lock lock(shared->mutex);
    shared->found = std::move(found);
    ::eventfd_write(shared->done, 1);
  }).detach();
  std::array<pollfd, 2> watched{{{shared->done, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  const std::scoped_lock lock(shared->mutex);
  return std::move(shared->found);
}

// The i-th of `parts` nearly equal parts.
std::uint64_t part_of(std::uint64_t whole, int i, int parts) {
  const auto n = static_cast<std::uint64_t>(parts);
  return whole / n + (static_cast<std::uint64_t>(i) < whole % n ? 1 : 0);
}

// Starts the workers, moves the bounds of what is measured, and collects.
class Coordinator {
 public:
  Coordinator(const Plan& plan, const std::vector<Address>& addresses) : plan_(plan) {
    const int threads = std::min(plan_.threads, plan_.connections);
    for (int i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(plan_, schedule_, addresses, share(i, threads)));
    }
    done_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (done_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    // To make the clients takes time, in which nothing was due.
    start_ = phase_start_ = Clock::now();
    for (const auto& worker : workers_) worker->start_at(start_);
  }

  ~Coordinator() { ::close(done_); }

  Outcome run(int stop, const std::function<void(const Progress&)>& watch, Duration interval) {
    if (plan_.warm_up.at_most == Duration(0)) begin_measuring(start_);
    running_ = workers_.size();
    std::vector<std::jthread> threads;
    try {
      for (auto& worker : workers_) threads.emplace_back([this, &worker] { serve(*worker); });
    } catch (const std::system_error&) {  // the machine has no more threads for us
      schedule_.abandon();
      throw;
    }
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
    const auto connections =
        static_cast<int>(part_of(static_cast<std::uint64_t>(plan_.connections), i, threads));
    const double part = static_cast<double>(connections) / plan_.connections;
    const auto seed = plan_.seed + static_cast<std::uint64_t>(i);
    if (!plan_.rate) return {connections, Arrivals::closed(requests), part, seed};
    const OpenLoop loop{.rate = *plan_.rate * (1.0 / threads),
                        .turn = static_cast<double>(i) / threads,  // the workers take turns
                        .pattern = plan_.pattern,
                        .seed = seed,
                        .catch_up = plan_.catch_up.value_or(plan_.timeout)};
    return {connections, Arrivals::open(loop, requests), 1.0 / threads, seed};
  }

  // An exception ends the run, not the process.
  void serve(Worker& worker) {
    hold_back_sigpipe();
    const platform::ThreadLoad load(::gettid());
    const TimePoint start = Clock::now();
    try {
      worker.run();
    } catch (const std::exception& error) {
      schedule_.abandon();
      const std::scoped_lock lock(ended_mutex_);
      problem_ = std::string("the run ended early: ") + error.what();
    }
    note_load(load, Clock::now() - start);
    if (--running_ == 0) ::eventfd_write(done_, 1);
  }

  // Threads begin without any.
  void note_load(const platform::ThreadLoad& load, Duration lifetime) {
    const auto wanted = load.wanted_cpu();
    if (!wanted || lifetime <= Duration(0)) return;
    const double share = std::min(1.0, tuner::seconds(*wanted) / tuner::seconds(lifetime));
    const std::scoped_lock lock(ended_mutex_);
    client_load_ = std::max(client_load_, share);
  }

  // OpenSSL writes to sockets whose peers have left.
  static void hold_back_sigpipe() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
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
    const Duration elapsed = now - phase_start_;
    return elapsed >= stretch.at_most ||
           (elapsed >= stretch.at_least && ended() - phase_requests_ >= stretch.requests);
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
    phase_successes_ = succeeded();
    next_change_ = TimePoint::max();
  }

  Progress progress(TimePoint now) const {
    Progress progress{phase_, now - phase_start_, ended() - phase_requests_,
                      succeeded() - phase_successes_};
    if (!plan_.shows_latencies) return progress;
    for (const auto& worker : workers_) {
      const Latencies shown = worker->latencies();
      for (std::size_t i = 0; i < shown.size(); ++i) progress.latencies[i].merge(shown[i]);
    }
    return progress;
  }

  std::uint64_t sum_of(std::uint64_t (Worker::*count)() const) const {
    return std::accumulate(
        workers_.begin(), workers_.end(), std::uint64_t{0},
        [count](auto sum, const auto& worker) { return sum + ((*worker).*count)(); });
  }
  std::uint64_t ended() const { return sum_of(&Worker::ended); }
  std::uint64_t succeeded() const { return sum_of(&Worker::succeeded); }

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
    outcome.client_load = client_load_;
    outcome.interrupted = interrupted_;
    outcome.error = problem_;
    return outcome;
  }

  const Plan& plan_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> running_ = 0;
  int done_ = -1;
  std::mutex ended_mutex_;  // of what a worker leaves behind
  std::string problem_;
  double client_load_ = 0;
  TimePoint start_{};
  Phase phase_ = Phase::warm_up;
  TimePoint phase_start_{};
  std::uint64_t phase_requests_ = 0, phase_successes_ = 0;
  TimePoint next_change_ = TimePoint::max();
  Duration cpu_before_{}, cpu_after_{};
  bool interrupted_ = false;
};

}  // namespace

Outcome run(const Plan& plan, int stop, const std::function<void(const Progress&)>& watch,
            Duration interval) {
  Outcome outcome;
  try {
    const auto found = find(plan.servers, stop);
    outcome.interrupted = !found;
    outcome.error = found ? found->error : std::string();
    if (!found || !outcome.error.empty()) return outcome;
    return Coordinator(plan, found->addresses).run(stop, watch, interval);
  } catch (const std::exception& error) {  // no more threads or descriptors, for one
    outcome.error = std::string("cannot run: ") + error.what();
    return outcome;
  }
}

}  // namespace sweetspot::engine
