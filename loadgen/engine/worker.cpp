#include "loadgen/engine/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace sweetspot::engine {
namespace {

constexpr Duration longest_tick = std::chrono::milliseconds(10);
constexpr Duration shortest_tick = std::chrono::milliseconds(1);

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
  if (is_measured(now)) {
    tally_.add_response(status, latency);
    tally_.last = now;
  }
  assign(client, now);
}

void Worker::failed(Client& client, Error error, TimePoint now) {
  --busy_;
  count_ended();
  if (is_measured(now)) {
    tally_.add_error(error);
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
  if (const auto due = arrivals_.take(now)) {
    ++busy_;
    client.begin(*due, now);
    return;
  }
  idle_.push_back(&client);
  if (idle_.size() == 1) pace();
}

// Sends what is due as long as there are free clients, then sleeps until the next is.
void Worker::pace() {
  const TimePoint now = Clock::now();
  while (!idle_.empty()) {
    if (now >= schedule_.until() || arrivals_.exhausted()) return;
    const auto due = arrivals_.take(now);
    if (!due) break;
    Client& client = *idle_.back();
    idle_.pop_back();
    ++busy_;
    client.begin(*due, now);
  }
  if (idle_.empty()) return;
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
  if (is_over || schedule_.is_abandoned()) finish(now);
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
  tally_.unsent = arrivals_.overdue(std::min(now, schedule_.until()));
  tick_timer_.cancel();
  pace_timer_.cancel();
  for (Client& client : clients_) client.close();
}

}  // namespace sweetspot::engine
