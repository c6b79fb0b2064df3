#include "loadgen/engine/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace sweetspot::engine {
namespace {

constexpr Duration longest_tick = std::chrono::milliseconds(10);
constexpr Duration shortest_tick = std::chrono::milliseconds(1);
constexpr Duration punctual = std::chrono::milliseconds(1);  // a send later than this is a late one

}  // namespace

Worker::Worker(const Plan& plan, const Schedule& schedule, asio::ip::tcp::endpoint server,
               Share share)
    : plan_(plan),
      schedule_(schedule),
      server_(std::move(server)),
      arrivals_(share.arrivals),
      tick_period_(std::clamp(plan.timeout / 20, shortest_tick, longest_tick)) {
  for (int i = 0; i < share.connections; ++i) clients_.emplace_back(*this, plan_);
  idle_.reserve(clients_.size());
  resting_.reserve(clients_.size());
}

void Worker::run() {
  asio::post(io_, [this] { start(); });
  io_.run();
}

void Worker::start() {
  tick();
  const TimePoint now = Clock::now();
  for (Client& client : clients_) assign(client, now);
  if (busy_ == 0 && arrivals_.exhausted()) finish(now);
}

bool Worker::is_measured(TimePoint now) const {
  return now >= schedule_.from() && now < schedule_.until();
}

// Only this thread writes, so it need not be one atomic step.
void Worker::count_ended() {
  ended_.store(ended_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void Worker::completed(Client& client, int status, Duration latency, TimePoint now) {
  --busy_;
  count_ended();
  if (is_measured(now)) count_response(client, status, latency, now);
  assign(client, now);
}

void Worker::count_response(Client& client, int status, Duration latency, TimePoint now) {
  tally_.add_response(status, latency);
  tally_.last = now;
  if (plan_.rate && is_success(status)) tally_.uncorrected.record(now - client.begun());
  if (!client.is_counted()) {
    client.set_counted();
    ++tally_.connections;
  }
}

void Worker::failed(Client& client, Error error, Duration after, TimePoint now) {
  --busy_;
  count_ended();
  if (is_measured(now)) {
    tally_.add_error(error, after);
    tally_.last = now;
  }
  // Whoever cannot connect would do nothing else: it rests until the next tick.
  if (error == Error::connect && !arrivals_.exhausted()) {
    resting_.push_back(&client);
  } else {
    assign(client, now);
  }
}

// Gives a free client its next request, or lets it wait for one.
void Worker::assign(Client& client, TimePoint now) {
  if (now >= schedule_.until() || arrivals_.exhausted()) {
    client.close();
    if (busy_ == 0 && resting_.empty()) finish(now);
    return;
  }
  if (begin_due(client, now, tally_.waited)) return;
  idle_.push_back(&client);
  if (idle_.size() == 1) pace();
}

// Sends the next request where it is due. Where it was due before, that counts as a delay.
bool Worker::begin_due(Client& client, TimePoint now, std::uint64_t& delayed) {
  const auto due = arrivals_.take(now);
  if (!due) return false;
  ++busy_;
  if (plan_.rate && is_measured(now)) {
    ++tally_.sent;
    if (now - *due > punctual) ++delayed;
  }
  client.begin(*due, now);
  return true;
}

// Sends what is due as long as there are free clients, then sleeps until the next is.
void Worker::pace() {
  const TimePoint now = Clock::now();
  while (!idle_.empty()) {
    if (now >= schedule_.until() || arrivals_.exhausted()) return;
    Client& client = *idle_.back();
    idle_.pop_back();
    if (!begin_due(client, now, tally_.late)) {
      idle_.push_back(&client);
      break;
    }
  }
  if (idle_.empty() || arrivals_.exhausted()) return;
  pace_timer_.expires_at(*arrivals_.next());
  pace_timer_.async_wait([this](error_code error) {
    if (!error && !finished_) pace();
  });
}

void Worker::tick() {
  const TimePoint now = Clock::now();
  std::vector<Client*> rested;
  rested.swap(resting_);
  for (Client* client : rested) assign(*client, now);
  if (now >= next_timeout_check_) check_timeouts(now);

  const TimePoint until = schedule_.until();
  const bool is_over = now >= until && (busy_ == 0 || now - until >= plan_.drain);
  const bool is_done = busy_ == 0 && resting_.empty() && arrivals_.exhausted();
  if (is_over || is_done || schedule_.is_abandoned()) finish(now);
  if (finished_) return;
  tick_timer_.expires_after(tick_period_);
  tick_timer_.async_wait([this](error_code error) {
    if (!error && !finished_) tick();
  });
}

void Worker::check_timeouts(TimePoint now) {
  for (Client& client : clients_) client.check_timeout(now);
  next_timeout_check_ = now + std::clamp(plan_.timeout / 20, shortest_tick, 10 * longest_tick);
}

void Worker::finish(TimePoint now) {
  if (finished_) return;
  finished_ = true;
  tally_.dropped = arrivals_.dropped();
  tally_.unsent = arrivals_.overdue(std::min(now, schedule_.until()));
  tick_timer_.cancel();
  pace_timer_.cancel();
  for (Client& client : clients_) client.close();
}

}  // namespace sweetspot::engine
