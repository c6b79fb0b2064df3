#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>
#include <vector>

#include "loadgen/engine/arrivals.hpp"
#include "loadgen/engine/client.hpp"
#include "loadgen/engine/plan.hpp"
#include "loadgen/engine/schedule.hpp"
#include "loadgen/engine/tally.hpp"

namespace sweetspot::engine {

// One thread's share of a run: an event loop of its own, some of the connections, some of the
// arrivals. Everything is its thread's but ended(), which any thread may read.
class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  struct Share {
    int connections = 1;
    Arrivals arrivals;
  };

  Worker(const Plan& plan, const Schedule& schedule, asio::ip::tcp::endpoint server, Share share);

  void run();  // returns when the run is over
  const Tally& tally() const { return tally_; }  // once run() has returned
  std::uint64_t ended() const { return ended_.load(std::memory_order_relaxed); }  // attempts

  // For its clients.
  Executor executor() { return io_.get_executor(); }
  const asio::ip::tcp::endpoint& server() const { return server_; }
  void count_bytes(std::size_t bytes) { tally_.bytes += bytes; }
  void completed(Client& client, int status, Duration latency, TimePoint now);
  void failed(Client& client, Error error, Duration after, TimePoint now);

 private:
  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

  void start();
  bool is_measured(TimePoint now) const;
  void count_ended();
  void count_response(Client& client, int status, Duration latency, TimePoint now);
  bool begin_due(Client& client, TimePoint now, std::uint64_t& delayed);
  void assign(Client& client, TimePoint now);
  void pace();
  void tick();
  void check_timeouts(TimePoint now);
  void finish(TimePoint now);

  const Plan& plan_;
  const Schedule& schedule_;
  asio::ip::tcp::endpoint server_;
  asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  Timer tick_timer_{io_};
  Timer pace_timer_{io_};
  Arrivals arrivals_;
  Duration tick_period_;
  std::deque<Client> clients_;
  std::vector<Client*> idle_;   // free, but nothing is due; the last used is the first to go
  std::vector<Client*> resting_;  // could not connect: to try again at the next tick
  int busy_ = 0;
  bool finished_ = false;
  Tally tally_;
  TimePoint next_timeout_check_{};
  std::atomic<std::uint64_t> ended_ = 0;
};

}  // namespace sweetspot::engine
