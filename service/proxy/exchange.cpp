// From a permit's grant to the upstream's last byte: connect, send the request, relay the answer.
#include <algorithm>
#include <utility>

#include "service/proxy/session.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using control::Outcome;

namespace {

Outcome outcome_of(int status) {
  return status >= 500 || status == 408 || status == 429 ? Outcome::error_status : Outcome::success;
}

constexpr std::size_t most_targets_tried = 3;  // by one request

}  // namespace

bool Session::lease_idle() {
  if (retried_) return false;
  // A request that must not be sent twice goes out only where the upstream surely listens.
  const bool must_live = !head_.is_idempotent() || !body_complete_;
  upstream_ = worker_.upstream().lease(event_, must_live, now());
  if (upstream_ == nullptr) return false;
  worker_.recorder().upstream_reused();
  return true;
}

Task<bool> Session::lease_new() {
  UpstreamPool& pool = worker_.upstream();
  worker_.deadlines().arm(phase_alarm_, Wait::connect, now());
  while ((upstream_ = pool.make(event_)) == nullptr) {
    if (pool.close_oldest_idle()) continue;
    worker_.ask_for_room();
    co_await event_;
    if (phase_alarm_.expired() || stopped_) break;
  }
  const bool connected = upstream_ != nullptr && co_await connect(*upstream_);
  worker_.deadlines().disarm(phase_alarm_);
  if (connected) {
    worker_.recorder().upstream_opened();
  } else {
    drop_upstream();
  }
  co_return connected;
}

// To one of the upstream's addresses, or to another where the first takes no connection.
Task<bool> Session::connect(UpstreamConnection& connection) {
  TargetChoice& targets = worker_.upstream().targets();
  TargetChoice::Tried tried;
  while (tried.size() < most_targets_tried) {
    Target* const target = targets.choose(now(), tried);
    if (target == nullptr) {
      none_was_up_ = tried.empty();
      break;
    }
    if (!connection.open(*target)) break;
    targets.tries(*target, now());
    connection.start_connect();
    while (connection.write.pending && !phase_alarm_.expired() && !stopped_) co_await event_;
    const bool has_answered = !connection.write.pending;
    if (has_answered && !connection.write.error &&
        (!worker_.tls().upstream || co_await shake_hands(connection))) {
      targets.succeeded(*connection.target());
      co_return true;
    }
    connection.stream.close();
    while (connection.write.pending) co_await event_;
    if (stopped_) break;
    const auto& error = connection.write.error;
    targets.failed(*connection.target(),
                   !has_answered ? Target::no_answer
                   : error       ? error.value()
                                 : Target::no_handshake,
                   now());
    tried.push_back(connection.target()->shared_from_this());
    worker_.deadlines().arm(phase_alarm_, Wait::connect, now());
  }
  worker_.shared().resolver.ask_soon();
  co_return false;
}

Task<bool> Session::shake_hands(UpstreamConnection& connection) {
  connection.secure(*worker_.tls().upstream, worker_.settings().upstream_tls);
  Tls& tls = *connection.stream.tls();
  while (!stopped_ && !phase_alarm_.expired()) {
    const auto step = tls.handshake();
    if (step == Tls::Step::done) co_return true;
    if (step == Tls::Step::failed) {
      worker_.shared().tls_failures.add(TlsFailures::Side::upstream,
                                        connection.target()->address.name + ": " + tls.problem());
      co_return false;
    }
    const bool wants_read = step == Tls::Step::wants_read;
    connection.stream.wait(wants_read ? Socket::wait_read : Socket::wait_write, &connection,
                           connection.write);
    while (connection.write.pending && !phase_alarm_.expired() && !stopped_) co_await event_;
  }
  co_return false;
}

Task<Session::Exchanged> Session::exchange() {
  begin_exchange();
  for (;;) {
    send_request();
    const Progress progress = receive_response();
    if (progress != Progress::waiting) co_return end_exchange(progress);
    send_response();
    watch_upstream();
    if (const auto outcome = reason_to_give_up()) co_return fail(*outcome);
    watch_client();
    co_await event_;
  }
}

// Only who lets go of an abandoned request has to know at once that it was abandoned.
void Session::watch_client() {
  const bool can_read = body_complete_ && !read_.pending && !eof_ && !reset_ && in_.room() > 0;
  if (lets_go() && can_read) start_read();
}

// The backend goes on with what nobody reads any more, until its answer is whole; a stream's never
// is.
bool Session::lets_go() const { return !worker_.settings().wait_for_aborted || streams_since_; }

void Session::begin_exchange() {
  upstream_refuses_ = false;
  upstream_->target()->requests.fetch_add(1, std::memory_order_relaxed);
  note_.sent_to(upstream_->target()->address.name);
  answered_before_ = answered_ = upstream_->received;
  response_looked_at_ = 0;
  response_.size = 0;
  worker_.deadlines().arm(request_alarm_, Wait::request,
                          permit_ ? permit_.granted_at() : arrived_at_);
  append_request(in_.data(), head_,
                 {.upstream_authority = worker_.shared().upstream_authority,
                  .keep_expect = head_.expects_continue,
                  .lines = introduced_ ? introduced_->lines : std::string_view()},
                 up_text_, up_);
  if (!upstream_->read.pending) upstream_->in.rewind();
}

// What the upstream is told of the way that the request came.
void Session::introduce() {
  const Introduction& introduction = worker_.introduction();
  if (!introduction.is_needed()) return introduced_.reset();
  if (!introduced_) {
    introduced_ = std::make_unique<Introduced>();
    Sender& sender = introduced_->sender;
    if (peer() != "unix") sender.address = peer();
    sender.used_tls = how_.tls;
    sender.is_trusted = introduction.trusts(sender.address);
  }
  introduced_->lines.clear();
  introduction.introduce(head_, in_.data(), introduced_->sender, introduced_->lines);
}

// Why the exchange cannot go on, if so.
std::optional<Outcome> Session::reason_to_give_up() {
  if (stopped_) return Outcome::client_abort;
  if (lets_go() && (client_gone_ || client_has_left())) return Outcome::client_abort;
  if (request_alarm_.expired() || response_alarm_.expired()) return Outcome::upstream_timeout;
  if (client_stalls()) return Outcome::stalled;
  if (body_malformed_) return Outcome::client_abort;
  // The backend waits for a body that will never come.
  if (!body_complete_ && (reset_ || eof_) && up_.empty()) return Outcome::client_abort;
  // It writes what nobody reads: it will notice the close at once. One that still computes would
  // not, so its answer is waited for.
  if (client_gone_ && discarded_ > worker_.settings().response_buffer) return Outcome::client_abort;
  return std::nullopt;
}

Session::Exchanged Session::fail(Outcome outcome) {
  failure_ = outcome;
  // An event stream that falls silent ends as all of them do at some time.
  const bool fell_silent = streams_since_ && outcome == Outcome::upstream_timeout;
  if (const auto error = control::upstream_error_of(outcome); error && !fell_silent)
    blame_upstream(*error);
  worker_.deadlines().disarm(request_alarm_);
  worker_.deadlines().disarm(response_alarm_);
  wait_for_client(false);
  worker_.deadlines().disarm(phase_alarm_);
  up_.discard();
  // What the client has been sent so far refers to the upstream's buffer.
  send_response();
  const bool nothing_sent = down_.empty() && !response_begun_;
  down_.discard();
  drop_upstream();
  end_permit(outcome, now());
  if (client_gone_ || reset_ || stopped_) return Exchanged::broken;
  if (nothing_sent) {
    const bool has_left = outcome == Outcome::client_abort && !body_malformed_;
    return has_left ? Exchanged::broken : Exchanged::unanswered;
  }
  // A body that ends with the connection must not look whole.
  reset_on_close_ = response_.framing == Framing::until_close || head_.is_http_1_0;
  return Exchanged::broken;
}

void Session::blame_upstream(control::UpstreamError error) {
  worker_.recorder().upstream_failed(error);
  using control::AddressError;
  if (upstream_ == nullptr || upstream_->target() == nullptr) return;  // each that was tried knows
  Target& target = *upstream_->target();
  if (error == control::UpstreamError::reset) {
    target.count(AddressError::reset);
    const bool is_new = !upstream_->has_served && upstream_->received == 0;
    if (is_new) worker_.upstream().targets().broke_off(target, now());
  }
  if (error == control::UpstreamError::timeout) target.count(AddressError::timeout);
  if (error == control::UpstreamError::protocol) target.count(AddressError::protocol);
}

Session::Exchanged Session::end_exchange(Progress progress) {
  if (progress != Progress::failed) worker_.upstream().targets().answered(*upstream_->target());
  if (progress == Progress::switched) return Exchanged::switched;
  worker_.deadlines().disarm(phase_alarm_);
  if (progress == Progress::failed) {
    if (may_retry()) {
      up_.discard();
      drop_upstream();
      retried_ = true;
      worker_.recorder().upstream_failed(control::UpstreamError::stale);
      return Exchanged::retry;
    }
    return fail(failure_);
  }
  const TimePoint last_byte = now();
  wait_for_client(false);
  worker_.deadlines().disarm(request_alarm_);
  worker_.deadlines().disarm(response_alarm_);
  note_.answered(response_.status);
  const Outcome outcome = outcome_of(response_.status);
  if (outcome == Outcome::error_status) upstream_->target()->count(control::AddressError::status);
  record(outcome, last_byte);  // before the client may know
  send_response();
  const bool is_reusable = body_complete_ && up_.empty() && !upstream_refuses_ &&
                           response_.keeps_alive && upstream_->in.empty() &&
                           !upstream_->has_ended() && !worker_.is_leaving();
  if (!body_complete_ || !up_.empty()) keep_alive_ = false;
  up_.discard();
  retire_input();
  if (is_reusable) {
    worker_.upstream().give_back(*std::exchange(upstream_, nullptr), last_byte);
  } else {
    drop_upstream();
  }
  // Last, so that whoever is granted it finds the connection free.
  permit_.release(last_byte);
  return Exchanged::complete;
}

// Once: the whole request is still here, may be sent twice, and met a connection that had served
// another before and was closed before it said a byte.
bool Session::may_retry() const {
  return upstream_->has_served && !retried_ && !response_begun_ && upstream_->has_ended() &&
         upstream_->in.empty() && response_.size == 0 && failure_ == Outcome::upstream_reset &&
         head_.is_idempotent() && body_complete_ && !request_streams_;
}

void Session::send_request() {
  for (;;) {
    for (const Range& part : body_) up_.append(part.in(in_.data()));
    body_.clear();
    if (!up_.empty() && !upstream_refuses_) {
      wait_for_client(false);
      const auto flushed = upstream_->stream.flush(up_);
      if (flushed == Outbox::Flushed::blocked) return upstream_->start_wait_writable();
      // It may have answered before it closed: that is still to be read.
      if (flushed == Outbox::Flushed::failed) upstream_refuses_ = true;
    }
    if (upstream_refuses_) up_.discard();
    if (body_complete_ || upstream_refuses_ || body_malformed_) return;

    request_streams_ = true;
    in_.consume(std::exchange(scanned_, 0));
    scan_body();
    if (!body_.empty()) continue;
    if (scanned_ > 0 && !body_complete_) continue;  // framing that is not passed on
    if (body_complete_ || body_malformed_) continue;
    if (!read_.pending && !eof_ && !reset_) {
      if (in_.empty()) in_.rewind();
      start_read();
    }
    return wait_for_client(true);
  }
}

// It may neither think for ever nor pause for ever, where that is configured. What waits for us or
// for the client does not count.
void Session::watch_upstream() {
  const Settings& settings = worker_.settings();
  if (!settings.first_byte_timeout && !settings.response_idle_timeout && !streams_since_) return;
  const bool has_begun = upstream_->received != answered_before_;
  const auto& bound = has_begun ? settings.response_idle_timeout : settings.first_byte_timeout;
  const bool waits_for_upstream = body_complete_ && up_.empty() && !stall_.is_waiting();
  if (response_alarm_.expired()) return;
  if (!(bound || streams_since_) || !waits_for_upstream)
    return worker_.deadlines().disarm(response_alarm_);
  if (response_alarm_.armed() && answered_ == upstream_->received) return;
  answered_ = upstream_->received;
  const Wait pause = bound ? Wait::response_idle : Wait::idle;  // a stream's as a tunnel's
  worker_.deadlines().arm(response_alarm_, has_begun ? pause : Wait::first_byte, now());
}

// The time in which the exchange waits on the client is not the backend's, and does not last
// for ever.
void Session::wait_for_client(bool waits) {
  if (waits == stall_.is_waiting()) return;
  const TimePoint at = now();
  permit_.set_stalled(waits, at);
  if (!waits) return stall_.stop(at, moved_by_client(), worker_.settings().least_rate);
  stall_.start(at, moved_by_client());
  // It goes on through short waits, for one that trickles has many of them.
  if (!phase_alarm_.armed()) worker_.deadlines().arm(phase_alarm_, Wait::stall_check, at);
}

// Whether the client has used up what it is allowed; less while others wait for its permit.
bool Session::client_stalls() {
  if (!phase_alarm_.expired()) return false;
  const Settings& settings = worker_.settings();
  const TimePoint at = now();
  const bool others_wait = permit_ && worker_.limiter().queued() > 0;
  const Duration allowed = others_wait
                               ? std::min(settings.contended_stall_timeout, settings.stall_timeout)
                               : settings.stall_timeout;
  if (stall_.owed(at, moved_by_client(), settings.least_rate) >= allowed) return true;
  if (stall_.is_waiting())
    worker_.deadlines().arm(phase_alarm_, Wait::stall_check, at);
  else
    worker_.deadlines().disarm(phase_alarm_);
  return false;
}

void Session::drop_upstream() {
  if (upstream_ != nullptr) worker_.upstream().discard(*std::exchange(upstream_, nullptr));
}

}  // namespace sweetspot::proxy
