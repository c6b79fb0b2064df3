#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "loadgen/engine/arrivals.hpp"
#include "loadgen/engine/client.hpp"
#include "loadgen/engine/plan.hpp"
#include "loadgen/engine/schedule.hpp"
#include "loadgen/engine/tally.hpp"

namespace sweetspot::engine {

// One thread's share of a run: an event loop of its own, some of the connections, some of the
// arrivals. Everything is its thread's but ended(), succeeded() and latencies(), which any thread
// may call.
class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  struct Share {
    int connections = 1;
    Arrivals arrivals;
    double part = 1;  // 0..1: of the whole load
    std::uint64_t seed = 1;
  };

  // The addresses are those of the plan's servers.
  Worker(const Plan& plan, const Schedule& schedule, const std::vector<Address>& addresses,
         Share share);

  void start_at(TimePoint start) { arrivals_.start_at(start); }  // an open loop, before run()
  void run();                                                    // returns when the run is over
  const Tally& tally() const { return tally_; }                  // once run() has returned
  std::uint64_t ended() const { return ended_.load(std::memory_order_relaxed); }  // attempts
  std::uint64_t succeeded() const { return succeeded_.load(std::memory_order_relaxed); }
  Latencies latencies() const;  // so far, where the plan wants them shown

  // For its clients.
  Executor executor() { return io_.get_executor(); }
  const Address& address(std::size_t server) const { return servers_[server].address; }
  const Server& server(std::size_t server) const { return servers_[server].server; }
  // Its number; one that is new is looked up, which blocks. Nothing where it cannot be found.
  std::optional<std::size_t> find_server(const Server& server);
  void count_bytes(std::size_t bytes) { tally_.bytes += bytes; }
  void connected(Duration took, TimePoint now);
  void completed(Client& client, Duration latency, TimePoint now);
  void failed(Client& client, Error error, Duration after, TimePoint now, std::string_view cause);

 private:
  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
  struct Resolved {
    Server server;
    Address address;
  };
  struct Sleeper {
    TimePoint until;
    Client* client;
  };

  void start();
  bool is_measured(TimePoint now) const;
  static void add_one(std::atomic<std::uint64_t>& count);
  void count_response(Client& client, int status, Duration latency, TimePoint now);
  void note(const Client& client, Duration latency, TimePoint now, std::optional<Error> error);
  std::size_t number_of(const Call& call) const;
  void count_part(const Client& client, std::optional<Duration> success, TimePoint now);
  bool begin_due(Client& client, TimePoint now, std::uint64_t& delayed);
  const Call& next_call();
  const std::string& next_message(const Call& call);
  void assign(Client& client, TimePoint now);
  bool retires(Client& client);
  void adjust_clients(TimePoint now);
  void wake_sleepers(TimePoint now);
  void pace();
  void stay_awake();
  void tick();
  void check_timeouts(TimePoint now);
  void show_latencies(TimePoint now);
  void finish(TimePoint now);

  const Plan& plan_;
  const Schedule& schedule_;
  std::vector<Resolved> servers_;
  asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  Timer tick_timer_{io_};
  Timer pace_timer_{io_};
  Arrivals arrivals_;
  double part_;
  TimePoint started_{};
  Duration tick_period_;
  std::deque<Client> clients_;
  std::vector<Client*> idle_;      // free, but nothing is due; the last used is the first to go
  std::vector<Client*> resting_;   // could not connect: to try again at the next tick
  std::vector<Client*> retired_;   // not wanted at the moment, as the plan's clients come and go
  std::vector<Sleeper> sleepers_;  // told to come back later
  std::mt19937_64 random_;
  std::vector<double> weights_;     // of the calls, summed up to each
  std::vector<std::size_t> turns_;  // which message of each call is next
  int at_work_ = 0;                 // clients that are not retired
  int wanted_;                      // of them, at the moment
  int busy_ = 0;
  bool finished_ = false;
  bool is_awake_ = false;
  Tally tally_;
  RequestLines lines_;
  std::size_t stage_ = 0;
  TimePoint stage_end_ = TimePoint::min();  // not known yet
  TimePoint next_timeout_check_{};
  std::atomic<std::uint64_t> ended_ = 0, succeeded_ = 0;
  mutable std::mutex shown_mutex_;
  Latencies shown_;
  TimePoint next_show_{};
};

}  // namespace sweetspot::engine
