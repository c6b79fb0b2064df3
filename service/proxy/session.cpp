#include "service/proxy/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "service/proxy/fields.hpp"
#include "service/proxy/server.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using control::Outcome;

namespace {
constexpr std::size_t most_lingering_bytes = 1024 * 1024;
constexpr LocalResponse upstream_loop{508, "upstream_loop"};
constexpr LocalResponse upstream_unavailable{503, "upstream_unavailable", 1};

// Counts a request that holds no permit, for its upstream connection is beyond the limit.
class Bypass {
 public:
  explicit Bypass(std::atomic<int>* count) : count_(count) {
    if (count_ != nullptr) count_->fetch_add(1, std::memory_order_relaxed);
  }
  Bypass(const Bypass&) = delete;
  Bypass& operator=(const Bypass&) = delete;
  ~Bypass() {
    if (count_ != nullptr) count_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<int>* const count_;
};

LocalResponse response_to(Outcome failure) {
  return {failure == Outcome::upstream_timeout ? 504 : 502, control::to_string(failure)};
}
}  // namespace

Session::Session(Worker& worker, Socket socket, const Listen& how)
    : worker_(worker),
      how_(how),
      stream_(std::move(socket)),
      phase_alarm_(*this),
      request_alarm_(*this),
      response_alarm_(*this),
      next_turn_(worker.turn(), *this),
      note_(worker.access()) {}

Session::~Session() {
  worker_.deadlines().disarm(phase_alarm_);
  worker_.deadlines().disarm(request_alarm_);
  worker_.deadlines().disarm(response_alarm_);
}

void Session::Alarm::on_expiry() {
  // Sheds whoever else waited too long, too.
  if (wait() == Wait::queue) session.worker_.limiter().expire(now());
  session.event_.wake();
}

FramePool& Session::frames() { return worker_.frames(); }

void Session::on_completed(Operation& operation) {
  if (&operation == &read_) {
    if (!operation.error) {
      in_.commit(operation.bytes);
      received_ += operation.bytes;
    } else if (operation.error == asio::error::eof) {
      eof_ = true;
    } else if (operation.error != asio::error::operation_aborted) {
      reset_ = true;
    }
  }
  event_.wake();
}

void Session::stop() {
  stopped_ = true;
  leave_queue();
  event_.wake();
}

void Session::reconsider() { event_.wake(); }

Story Session::tell() {
  try {
    while (co_await serve_one()) note_.finish();
  } catch (const std::exception& failure) {
    worker_.report(failure.what());
  }
  drop_upstream();
  end_permit(Outcome::client_abort, now());
  note_.finish();
  close();
  while (read_.pending || write_.pending) co_await event_;
  worker_.end_session(*this);
}

Task<bool> Session::serve_one() {
  switch (co_await read_head()) {
    case HeadRead::complete:
      break;
    case HeadRead::left:
      co_return false;
    case HeadRead::timed_out:
      co_return co_await refuse(Refusal::head_timeout);
    case HeadRead::crowded_out:
      co_return co_await turn_away();
    case HeadRead::refused:
      co_return co_await refuse(head_.refusal);
  }
  begin_request();
  if (head_.max_forwards == 0u) co_return co_await answer({200, {}, 0});
  if (is_own_probe()) co_return co_await answer(upstream_loop);
  if (!worker_.upstream().targets().any_up(arrived_at_)) co_return co_await answer(no_upstream());
  if (!body_complete_ && is_refused_unread()) co_return co_await answer(refusal());
  if (!body_complete_ && fits_buffer() && !co_await read_body()) {
    if (!body_malformed_) co_return false;
    co_return co_await refuse(Refusal::malformed_body);
  }
  const Bypass bypass(bypasses_ ? &worker_.shared().budget.bypassing : nullptr);
  if (bypasses_) {
    worker_.recorder().bypassed();
  } else {
    Admitted admitted = ask_for_permit();
    if (admitted == Admitted::queued) admitted = co_await wait_in_queue();
    if (admitted == Admitted::left) co_return false;
    if (admitted == Admitted::shed) co_return co_await answer(refusal());
  }
  Exchanged exchanged;
  do {
    if (!lease_idle() && !co_await lease_new()) {
      exchanged = fail(Outcome::upstream_connect);
      break;
    }
    exchanged = co_await exchange();
  } while (exchanged == Exchanged::retry);

  switch (exchanged) {
    case Exchanged::complete:
      if (!down_.empty() || !keep_alive_) co_return co_await finish();
      end_request();
      co_return true;
    case Exchanged::switched:
      co_return co_await tunnel();
    case Exchanged::unanswered:
      if (body_malformed_) co_return co_await refuse(Refusal::malformed_body);
      if (failure_ == Outcome::stalled) co_return co_await refuse(Refusal::body_timeout);
      if (none_was_up_) co_return co_await answer(upstream_unavailable);
      co_return co_await answer(response_to(failure_));
    default:
      co_return false;
  }
}

void Session::begin_request() {
  arrived_at_ = now();
  if (note_.is_on()) note_.begin(peer(), in_.data(), head_, arrived_at_);
  introduce();
  scanned_ = head_.size;
  body_.clear();
  body_decoder_ = ChunkDecoder(!head_.nominates);
  body_left_ = head_.length;
  body_complete_ =
      head_.framing == Framing::none || (head_.framing == Framing::length && head_.length == 0);
  body_malformed_ = request_streams_ = false;
  if (!body_complete_) scan_body();
  if (body_complete_) head_.expects_continue = false;  // nothing left to wait with
  keep_alive_ = head_.keeps_alive && !worker_.is_closing();
  const auto classified = worker_.classifier().classify(head_, in_.data(), arrived_at_);
  bypasses_ = classified.bypasses;
  demand_ = classified.demand;
  if (note_.is_on() && !bypasses_) note_.classified(worker_.limiter().name_of(demand_.cls));
  retried_ = none_was_up_ = response_begun_ = client_gone_ = false;
  discarded_ = 0;
  streams_since_.reset();
  stall_ = {};
}

// What we asked the upstream has come back to us.
bool Session::is_own_probe() const {
  if (head_.method != Method::options) return false;
  return std::any_of(head_.lines.begin(), head_.lines.end(), [this](const FieldLine& line) {
    return equals_ignoring_case(line.name.in(in_.data()), Server::probe_field) &&
           line.value.in(in_.data()) == worker_.shared().probe_token;
  });
}

// Whoever waited for a permit would only be told the same later.
LocalResponse Session::no_upstream() {
  worker_.recorder().unavailable();
  worker_.shared().resolver.ask_soon();
  return upstream_unavailable;
}

// The answer is ours. What follows an unread body cannot be told from it, so the connection ends
// then.
Task<bool> Session::answer(LocalResponse response) {
  response.is_problem = !response.reason.empty() && worker_.settings().reject_as_problem;
  if (note_.is_on()) note_.begin_unread(peer());
  note_.answered(response.status, response.reason);
  keep_alive_ = keep_alive_ && body_complete_ && !worker_.is_closing();
  down_text_ = serialize(response, {.close = !keep_alive_,
                                    .client_http_1_0 = head_.is_http_1_0,
                                    .answers_head = head_.method == Method::head});
  down_.append(down_text_);
  co_return co_await finish();
}

// The request itself is to blame. Nothing that its head seemed to say counts any more, and what
// follows it cannot be told from it.
Task<bool> Session::refuse(Refusal why) {
  worker_.recorder().refused();
  head_.is_http_1_0 = false;
  head_.method = Method::other;
  body_complete_ = false;
  co_return co_await answer({status_of(why), to_string(why)});
}

// There is no memory to read what the client sends: it is told without a look at it.
Task<bool> Session::turn_away() {
  worker_.recorder().refused();
  head_ = {};
  keep_alive_ = false;
  body_complete_ = true;
  co_return co_await answer({503, "buffers_full", 1});
}

Task<bool> Session::finish() {
  send_response();
  while (!down_.empty()) {
    if (!phase_alarm_.armed()) worker_.deadlines().arm(phase_alarm_, Wait::stall, now());
    const std::uint64_t sent = down_.sent();
    co_await event_;
    if (stopped_ || phase_alarm_.expired()) co_return false;
    send_response();
    if (down_.sent() != sent) worker_.deadlines().disarm(phase_alarm_);
  }
  worker_.deadlines().disarm(phase_alarm_);
  release_sent();
  if (client_gone_) co_return false;
  if (!keep_alive_) co_return co_await linger();
  end_request();
  co_return true;
}

void Session::end_request() {
  in_.consume(std::exchange(scanned_, 0));
  if (in_.empty() && !read_.pending) in_.rewind();
}

// A close with unread bytes would reset the connection, and take the answer away from a client
// that has not read it yet. So what still comes is read for a while and thrown away.
Task<bool> Session::linger() {
  const bool more_may_come = !body_complete_ || scanned_ < in_.size();
  if (!more_may_come || eof_ || reset_) co_return false;
  stream_.shutdown_send();
  worker_.deadlines().arm(phase_alarm_, Wait::park, now());
  std::size_t thrown_away = 0;
  while (!eof_ && !reset_ && !stopped_ && !phase_alarm_.expired() &&
         thrown_away < most_lingering_bytes) {
    if (!read_.pending) {
      thrown_away += in_.size();
      in_.rewind();
      start_read();
    }
    co_await event_;
  }
  co_return false;
}

void Session::end_permit(Outcome outcome, TimePoint at) {
  record(outcome, at);
  permit_.release(at);
}

void Session::record(Outcome outcome, TimePoint at) {
  if (!permit_) return;
  // As with a tunnel: how long it lasted, and who ended it, says nothing about the backend.
  if (streams_since_) {
    outcome = Outcome::success;
    at = *streams_since_;
  }
  const Duration backend =
      std::max(at - permit_.granted_at() - stall_.waited(at), Duration::zero());
  const Duration queue_wait = permit_.granted_at() - asked_at_;
  worker_.recorder().completed(demand_.cls, outcome, backend, queue_wait, at - arrived_at_,
                               !streams_since_ && permit_.epoch() == worker_.limiter().epoch());
  note_.ended(control::to_string(outcome), queue_wait, backend);
}

void Session::close() {
  reset_on_close_ ? stream_.abort() : stream_.close();
  held_.clear();
}

}  // namespace sweetspot::proxy
