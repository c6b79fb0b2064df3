#include "loadgen/engine/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>

#include "loadgen/engine/retry_after.hpp"

namespace sweetspot::engine {
namespace {

constexpr Duration longest_tick = std::chrono::milliseconds(10);
constexpr Duration shortest_tick = std::chrono::milliseconds(1);
// Who sleeps wakes up late, by some 50 us or, as a guest of a busy host, by milliseconds. So short
// a while the loop stays awake instead: at 10,000 sends a second and more.
constexpr Duration wakeful = std::chrono::microseconds(100);
constexpr Duration showing = std::chrono::milliseconds(50);
constexpr Duration punctual = std::chrono::milliseconds(1);  // a send later than this is a late one

}  // namespace

Worker::Worker(const Plan& plan, const Schedule& schedule, const std::vector<Address>& addresses,
               Share share)
    : plan_(plan),
      schedule_(schedule),
      arrivals_(share.arrivals),
      part_(share.part),
      tick_period_(std::clamp(plan.timeout / 20, shortest_tick, longest_tick)),
      random_(share.seed),
      turns_(plan.calls.size()),
      wanted_(share.connections),
      lines_(plan.log) {
  for (std::size_t i = 0; i < addresses.size(); ++i)
    servers_.push_back({plan.servers[i], addresses[i]});
  double sum = 0;
  for (const Call& call : plan.calls) weights_.push_back(sum += call.weight);
  for (int i = 0; i < share.connections; ++i) clients_.emplace_back(*this, plan_);
  idle_.reserve(clients_.size());
  resting_.reserve(clients_.size());
  if (plan.calls.size() > 1) tally_.calls.resize(plan.calls.size());
  tally_.stages.resize(plan.stages.size());
}

void Worker::run() {
  asio::post(io_, [this] { start(); });
  io_.run();
}

void Worker::start() {
  started_ = Clock::now();
  at_work_ = static_cast<int>(clients_.size());
  adjust_clients(started_);
  tick();
  const TimePoint now = Clock::now();
  for (Client& client : clients_) assign(client, now);
  if (busy_ == 0 && arrivals_.exhausted()) finish(now);
}

std::optional<std::size_t> Worker::find_server(const Server& server) {
  const auto found = std::find_if(servers_.begin(), servers_.end(),
                                  [&](const Resolved& each) { return each.server == server; });
  if (found != servers_.end()) return static_cast<std::size_t>(found - servers_.begin());
  if (server.is_secure && !plan_.tls) return {};
  auto address = resolve(server);
  if (!address) return {};
  servers_.push_back({server, *address});
  return servers_.size() - 1;
}

bool Worker::is_measured(TimePoint now) const {
  return now >= schedule_.from() && now < schedule_.until();
}

// Only this thread writes, so it need not be one atomic step.
void Worker::add_one(std::atomic<std::uint64_t>& count) {
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void Worker::connected(Duration took, TimePoint now) {
  if (is_measured(now)) tally_.connect_times.record(took);
}

void Worker::completed(Client& client, Duration latency, TimePoint now) {
  --busy_;
  add_one(ended_);
  const int status = client.response().status();
  if (is_success(status)) add_one(succeeded_);
  if (is_measured(now)) count_response(client, status, latency, now);
  if (plan_.waits_when_refused && answer_of(status) == Answer::refused) {
    if (const auto wait = retry_delay(client.response().retry_after()); wait > Duration(0)) {
      sleepers_.push_back({now + wait, &client});
      return;
    }
  }
  assign(client, now);
}

void Worker::count_response(Client& client, int status, Duration latency, TimePoint now) {
  const Duration since_send = now - client.begun();
  tally_.add_response(status, latency, since_send);
  tally_.last = now;
  const bool succeeded = is_success(status);
  if (succeeded) {
    tally_.first_bytes.record(client.to_first_byte());
    tally_.slices.record(now - schedule_.from(), latency);
  }
  if (plan_.rate && succeeded) tally_.uncorrected.record(since_send);
  if (!client.is_counted()) {
    client.set_counted();
    ++tally_.connections;
  }
  count_part(client, succeeded ? std::optional(latency) : std::nullopt, now);
  if (lines_) note(client, latency, now, {});
}

void Worker::note(const Client& client, Duration latency, TimePoint now,
                  std::optional<Error> error) {
  RequestLines::Entry entry{.start = now - latency - schedule_.from(),
                            .latency = latency,
                            .target = number_of(client.call())};
  if (error) {
    entry.error = to_string(*error);
  } else {
    entry.first_byte = client.to_first_byte();
    entry.status = client.response().status();
  }
  lines_.add(entry);
}

std::size_t Worker::number_of(const Call& call) const {
  return static_cast<std::size_t>(&call - plan_.calls.data());
}

// What is told apart beside the whole: stages by when a request ended, calls by which it was.
void Worker::count_part(const Client& client, std::optional<Duration> success, TimePoint now) {
  const auto count = [&success](Part& part) {
    ++part.requests;
    if (success) part.successes.record(*success);
  };
  if (!tally_.calls.empty()) count(tally_.calls[number_of(client.call())]);
  if (tally_.stages.empty()) return;
  if (stage_end_ == TimePoint::min()) stage_end_ = schedule_.from() + plan_.stages.front();
  while (now >= stage_end_ && stage_ + 1 < plan_.stages.size())
    stage_end_ += plan_.stages[++stage_];
  count(tally_.stages[stage_]);
}

void Worker::failed(Client& client, Error error, Duration after, TimePoint now,
                    std::string_view cause) {
  --busy_;
  add_one(ended_);
  if (is_measured(now)) {
    tally_.add_error(error, after, cause);
    tally_.last = now;
    count_part(client, {}, now);
    if (lines_) note(client, after, now, error);
  }
  // Whoever cannot connect would do nothing else: it rests until the next tick.
  const bool is_unconnected = error == Error::connect || error == Error::tls;
  if (is_unconnected && !arrivals_.exhausted()) {
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
  if (plan_.clients && retires(client)) return;
  // Where another client was free all the while, it is the tool that is late.
  if (begin_due(client, now, idle_.empty() ? tally_.waited : tally_.late)) return;
  idle_.push_back(&client);
  if (idle_.size() == 1) pace();
}

// Leaves where fewer clients are wanted. Its connection stays: it may be wanted again.
bool Worker::retires(Client& client) {
  if (at_work_ <= wanted_) return false;
  --at_work_;
  retired_.push_back(&client);
  return true;
}

void Worker::adjust_clients(TimePoint now) {
  if (!plan_.clients) return;
  const double wanted = plan_.clients->at(now - started_) * part_;
  wanted_ = std::min(static_cast<int>(std::lround(wanted)), static_cast<int>(clients_.size()));
  while (at_work_ < wanted_ && !retired_.empty()) {
    Client& client = *retired_.back();
    retired_.pop_back();
    ++at_work_;
    assign(client, now);
  }
}

void Worker::wake_sleepers(TimePoint now) {
  std::vector<Client*> awake;
  std::erase_if(sleepers_, [&](const Sleeper& sleeper) {
    if (sleeper.until > now) return false;
    awake.push_back(sleeper.client);
    return true;
  });
  for (Client* client : awake) assign(*client, now);
}

// One of the calls, as often as its weight says.
const Call& Worker::next_call() {
  if (plan_.calls.size() == 1) return plan_.calls.front();
  const double drawn = std::uniform_real_distribution<double>(0, weights_.back())(random_);
  const auto at = std::upper_bound(weights_.begin(), weights_.end() - 1, drawn);
  return plan_.calls[static_cast<std::size_t>(at - weights_.begin())];
}

const std::string& Worker::next_message(const Call& call) {
  if (call.messages.size() == 1) return call.messages.front();
  std::size_t& turn = turns_[number_of(call)];
  const std::string& message = call.messages[turn];
  turn = (turn + 1) % call.messages.size();
  return message;
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
  const Call& call = next_call();
  client.begin(call, next_message(call), *due, now);
  return true;
}

// Sends what is due as long as there are free clients, then sleeps until the next is.
void Worker::pace() {
  TimePoint now = Clock::now();
  for (; !idle_.empty(); now = Clock::now()) {
    if (now >= schedule_.until() || arrivals_.exhausted()) return;
    Client& client = *idle_.back();
    idle_.pop_back();
    if (!begin_due(client, now, tally_.late)) {
      idle_.push_back(&client);
      break;
    }
  }
  if (idle_.empty() || arrivals_.exhausted()) return;
  const TimePoint next = *arrivals_.next();
  if (next - now <= wakeful) return stay_awake();
  pace_timer_.expires_at(next);
  pace_timer_.async_wait([this](error_code error) {
    if (!error && !finished_) pace();
  });
}

// Looks for what has arrived, then paces again. Once at a time.
void Worker::stay_awake() {
  if (is_awake_) return;
  is_awake_ = true;
  asio::post(io_, [this] {
    is_awake_ = false;
    if (!finished_) pace();
  });
}

void Worker::tick() {
  const TimePoint now = Clock::now();
  std::vector<Client*> rested;
  rested.swap(resting_);
  for (Client* client : rested) assign(*client, now);
  if (!sleepers_.empty()) wake_sleepers(now);
  adjust_clients(now);
  if (plan_.shows_latencies) show_latencies(now);
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

void Worker::show_latencies(TimePoint now) {
  if (now < next_show_) return;
  next_show_ = now + showing;
  Latencies latencies = tally_.latencies();
  const std::scoped_lock lock(shown_mutex_);
  shown_ = std::move(latencies);
}

Latencies Worker::latencies() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_;
}

void Worker::finish(TimePoint now) {
  if (finished_) return;
  finished_ = true;
  tally_.dropped = arrivals_.dropped();
  // What was due a moment before the end could not be expected to be sent.
  tally_.unsent = arrivals_.overdue(std::min(now, schedule_.until()) - punctual);
  for (const Client& client : clients_)
    if (client.is_busy()) tally_.unanswered.record(now - client.due());
  lines_.flush();
  tick_timer_.cancel();
  pace_timer_.cancel();
  for (Client& client : clients_) client.close();
}

}  // namespace sweetspot::engine
