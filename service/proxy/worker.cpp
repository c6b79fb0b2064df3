#include "service/proxy/worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <ctime>
#include <random>
#include <utility>

#include "service/proxy/addresses.hpp"
#include "service/proxy/session.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;

namespace {

// Sweeps are rounded up to this, so that deadlines close to one another share one.
constexpr Duration tick = 10ms;
constexpr Duration park_after = 1s;
constexpr std::size_t tolerated_imbalance = 4;  // connections; beyond them an eighth

thread_local const Worker* current_worker = nullptr;

// For a client that names no host.
std::string authority_of(const Endpoint& upstream) {
  return is_unix(upstream) ? "localhost" : format(upstream);
}

std::array<Duration, wait_count> lengths(const Settings& settings,
                                         const admission::Limiter& limiter) {
  std::array<Duration, wait_count> lengths{};
  const auto set = [&](Wait wait, Duration length) {
    lengths[static_cast<std::size_t>(wait)] = length;
  };
  set(Wait::header, settings.header_timeout);
  set(Wait::park, park_after);
  set(Wait::idle, settings.idle_timeout);
  set(Wait::body, settings.stall_timeout);
  set(Wait::queue, limiter.settings()->queue_timeout);
  set(Wait::queue_watch, tick);
  set(Wait::connect, settings.connect_timeout);
  set(Wait::request, settings.request_timeout);
  set(Wait::first_byte, settings.first_byte_timeout.value_or(Duration::zero()));
  set(Wait::response_idle, settings.response_idle_timeout.value_or(Duration::zero()));
  set(Wait::stall, settings.stall_timeout);
  set(Wait::stall_check, std::min(settings.stall_timeout, settings.contended_stall_timeout) / 4);
  set(Wait::upstream_idle, settings.upstream_idle_timeout);
  set(Wait::upstream_life, settings.upstream_lifetime);
  return lengths;
}

Duration cpu_of_this_thread() {
  timespec ran{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
  return std::chrono::seconds(ran.tv_sec) + std::chrono::nanoseconds(ran.tv_nsec);
}

std::string random_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) token += std::to_string(random());
  return token;
}

}  // namespace

Shared::Shared(Settings s, admission::Limiter& l)
    : settings(std::move(s)),
      limiter(l),
      upstream_authority(authority_of(settings.upstream.front())),
      probe_token(random_token()),
      resolver(settings.upstream, settings.resolve_interval, targets, [this] {
        for (const auto& worker : workers)
          worker->post([worker = worker.get()] { worker->upstream().close_retired(); });
      }) {}

TimePoint now() { return std::chrono::steady_clock::now(); }

Worker::Worker(Shared& shared, control::Recorder& recorder)
    : shared_(shared),
      settings_(shared.settings),
      classifier_(settings_),
      introduction_(settings_.introduction),
      recorder_(recorder),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      turn_([this] { asio::post(io_, [this] { turn_.begin(); }); }, settings_.full_from),
      buffers_(shared.buffers),
      timer_(io_.get_executor()),
      drain_timer_(io_.get_executor()),
      deadlines_(lengths(settings_, shared.limiter), [this](TimePoint at) { wake_at(at); }),
      mailbox_(io_.get_executor()),
      upstream_(io_.get_executor(), deadlines_, turn_, buffers_, shared.limiter, shared.budget,
                shared.targets) {}

Worker::~Worker() = default;

void Worker::listen(int socket, const Listen& how) {
  listeners_.push_back(std::make_unique<Listener>(*this, socket, how));
}

void Worker::run() {
  current_worker = this;
  recorder_.serves_on(::gettid());
  mailbox_.open();
  for (;;) {
    try {
      io_.run();
      break;
    } catch (const std::exception& failure) {
      report(failure.what());
    }
  }
  current_worker = nullptr;
}

void Worker::log_access_to(AccessRing& ring) {
  // From the middle, so that rounding does not lose the last of a round share.
  constexpr double first_due = 0.5;
  tap_.emplace(AccessTap{ring, settings().access.sample, settings().access.slow, first_due});
}

void Worker::reconfigure(const Settings& settings) {
  settings_ = settings;
  classifier_.emplace(settings_);
  introduction_.emplace(settings_.introduction);
  shared_.buffers.most.store(settings_.buffer_total, std::memory_order_relaxed);
  deadlines_.set_lengths(lengths(settings_, limiter()));
  if (tap_) {
    tap_->sample = settings_.access.sample;
    tap_->slow = settings_.access.slow;
  }
  for (const auto& listener : listeners_) listener->retry();  // there may be room now
}

bool Worker::is_current() const { return current_worker == this; }

void Worker::leave(std::function<void()> emptied) {
  is_closing_ = is_leaving_ = true;
  emptied_ = std::move(emptied);
  for (const auto& listener : listeners_) listener->leave();
  upstream_.close_idle();
  for_each_session([](Session& session) { session.reconsider(); });
  consider_emptied();
}

void Worker::consider_emptied() {
  const bool accepts = std::any_of(listeners_.begin(), listeners_.end(),
                                   [](const auto& listener) { return listener->is_open(); });
  if (sessions_ == nullptr && !accepts && emptied_) std::exchange(emptied_, nullptr)();
}

void Worker::hurry() {
  for_each_session([](Session& session) { session.leave_queue(); });
}

void Worker::stop() {
  if (std::exchange(is_stopped_, true)) return;
  is_closing_ = is_leaving_ = true;
  for (const auto& listener : listeners_) listener->stop();
  for_each_session([](Session& session) { session.stop(); });
  upstream_.close_idle();
  timer_.cancel();
  drain_timer_.cancel();
  if (sessions_ == nullptr) mailbox_.close();
}

void Worker::after(Duration delay, std::function<void()> act) {
  drain_timer_.expires_after(delay);
  drain_timer_.async_wait([act = std::move(act)](error_code cancelled) {
    if (!cancelled) act();
  });
}

void Worker::begin_session(Socket socket, const Listen& how) {
  session_count_.fetch_add(1, std::memory_order_relaxed);
  start_session(std::move(socket), how);
}

void Worker::start_session(Socket socket, const Listen& how) {
  if (is_stopped_) return;
  auto* session = new Session(*this, std::move(socket), how);
  session->next_ = sessions_;
  if (sessions_ != nullptr) sessions_->previous_ = session;
  sessions_ = session;
  shared_.downstream_connections.fetch_add(1, std::memory_order_relaxed);
  session->tell();
}

// Counted at once, so that a burst is not all handed to the same one.
void Worker::adopt(int socket, const Listen& how) {
  session_count_.fetch_add(1, std::memory_order_relaxed);
  const auto held = std::shared_ptr<int>(new int(socket), [](int* handle) {
    if (*handle >= 0) ::close(*handle);
    delete handle;
  });
  post([this, held, &how] {
    const int family = is_unix(how.endpoint) ? AF_UNIX : AF_INET;
    start_session(Socket(io_.get_executor(), Protocol(family, 0), std::exchange(*held, -1)), how);
  });
}

Worker& Worker::least_loaded() {
  if (shared_.workers.size() == 1 || is_leaving_) return *this;
  const auto& least = *std::min_element(
      shared_.workers.begin(), shared_.workers.end(),
      [](const auto& a, const auto& b) { return a->session_count() < b->session_count(); });
  const std::size_t few = least->session_count();
  return session_count() > few + std::max(tolerated_imbalance, few / 8) ? *least : *this;
}

void Worker::end_session(Session& session) {
  (session.previous_ != nullptr ? session.previous_->next_ : sessions_) = session.next_;
  if (session.next_ != nullptr) session.next_->previous_ = session.previous_;
  delete &session;
  shared_.downstream_connections.fetch_sub(1, std::memory_order_relaxed);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  for (const auto& listener : listeners_) listener->retry();
  if (sessions_ != nullptr) return;
  consider_emptied();
  // Until now one of them may have waited for a message: a permit that was granted elsewhere.
  if (is_stopped_) mailbox_.close();
}

void Worker::report(const char* failure) {
  ++failures_;
  shared_.report(failure);
}

void Worker::ask_for_room() {
  for (const auto& other : shared_.workers) {
    if (other.get() == this) continue;
    other->post([this, &other = *other] {
      other.upstream_.close_oldest_idle();
      post([this] { for_each_session([](Session& session) { session.reconsider(); }); });
    });
  }
}

void Worker::watch_queue() {
  if (!queue_watch_.armed() && !is_stopped_) deadlines_.arm(queue_watch_, Wait::queue_watch, now());
}

void Worker::QueueWatch::on_expiry() {
  worker.limiter().expire(now());
  worker.turn().note_load(now(), cpu_of_this_thread());
  if (worker.limiter().queued() > 0) worker.watch_queue();
}

void Worker::wake_at(TimePoint at) {
  if (is_stopped_) return;
  const auto ticks = (at.time_since_epoch() + tick - Duration(1)) / tick;
  timer_.expires_at(std::chrono::steady_clock::time_point(ticks * tick));
  timer_.async_wait([this](error_code cancelled) {
    if (!cancelled) sweep();
  });
}

void Worker::sweep() {
  if (const auto next = deadlines_.sweep(now())) wake_at(*next);
}

// What is done to a session may end it.
template <typename Act>
void Worker::for_each_session(Act act) {
  for (Session* session = sessions_; session != nullptr;) {
    Session* next = session->next_;
    act(*session);
    session = next;
  }
}

}  // namespace sweetspot::proxy
