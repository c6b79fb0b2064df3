// The client's side: heads, bodies that are read before a permit is taken, and the wait for it.
#include <boost/asio/post.hpp>
#include <utility>

#include "service/proxy/framing/proxy_header.hpp"
#include "service/proxy/session.hpp"
#include "service/proxy/upstream/addresses.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

namespace {
constexpr std::size_t read_size = 8 * 1024;
constexpr std::size_t smallest_read = 2 * 1024;
constexpr int turns_to_ask_again = 2;  // which a client needs to take an answer and ask again
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
}  // namespace

void Session::start_read() {
  if (!in_.has_memory() || in_.room() < smallest_read) in_.reserve(read_size, worker_.buffers());
  stream_.start_read(in_.tail(), in_.room(), this, read_);
}

Task<Session::HeadRead> Session::read_head() {
  const Settings& settings = worker_.settings();
  const HeadLimits limits{settings.max_head, settings.max_target, settings.max_fields};
  Deadlines& deadlines = worker_.deadlines();
  std::size_t looked_at = 0;
  bool may_postpone = !is_new_;  // one that has answered: its client has to read that first
  if (std::exchange(is_new_, false)) {
    if (!co_await park()) co_return HeadRead::left;
    if (how_.proxy_protocol && !co_await read_proxy_header()) co_return HeadRead::left;
    if (how_.tls && !co_await shake_hands()) co_return HeadRead::left;
  }
  for (;;) {
    if (in_.size() > looked_at) {
      if (looked_at == 0 || in_.size() >= limits.bytes || may_be_parsed(in_.view(), looked_at)) {
        const Parsed parsed = parse_request(in_.view(), limits, head_);
        if (parsed != Parsed::incomplete) {
          deadlines.disarm(phase_alarm_);
          co_return parsed == Parsed::complete ? HeadRead::complete : HeadRead::refused;
        }
      }
      looked_at = in_.size();
      if (phase_alarm_.wait() != Wait::header || !phase_alarm_.armed()) {
        deadlines.arm(phase_alarm_, Wait::header, now());
      }
    } else if (eof_ || reset_ || stopped_) {
      co_return HeadRead::left;
    } else if (phase_alarm_.expired()) {
      if (!in_.empty()) co_return HeadRead::timed_out;
      if (!co_await park()) co_return HeadRead::left;
      may_postpone = false;  // it is known to speak
      continue;
    } else if (in_.empty() && !phase_alarm_.armed()) {
      deadlines.arm(phase_alarm_, Wait::park, now());
    }
    if (!read_.pending && !eof_) {
      if (!in_.has_memory() && !worker_.buffers().has_room(0)) co_return HeadRead::crowded_out;
      if (std::exchange(may_postpone, false) && worker_.upstream().is_busy()) {
        next_turn_.postpone(turns_to_ask_again);
        co_await event_;
        continue;
      }
      start_read();
    }
    if (read_.pending) co_await event_;
  }
}

// Who the client is, as told by the proxy in front of us. What is not such a header ends the
// connection without an answer: nobody who speaks HTTP has sent it. No byte beyond it is taken.
Task<bool> Session::read_proxy_header() {
  ProxyHeader header;
  worker_.deadlines().arm(phase_alarm_, Wait::header, now());
  for (;;) {
    const auto read = header.read_from(stream_.handle());
    if (read == ProxyHeader::Read::complete) break;
    if (read == ProxyHeader::Read::failed) co_return false;
    if (!co_await wait_for_socket(Socket::wait_read)) co_return false;
  }
  worker_.deadlines().disarm(phase_alarm_);
  peer_ = header.source();  // empty where the proxy speaks for itself
  co_return true;
}

Task<bool> Session::shake_hands() {
  stream_.secure(std::make_unique<Tls>(*worker_.tls().downstream, stream_.handle()));
  worker_.deadlines().arm(phase_alarm_, Wait::header, now());
  for (;;) {
    const auto step = stream_.tls()->handshake();
    if (step == Tls::Step::done) break;
    if (step == Tls::Step::failed) {
      worker_.shared().tls_failures.add(TlsFailures::Side::downstream, stream_.tls()->problem());
      co_return false;
    }
    const bool wants_read = step == Tls::Step::wants_read;
    if (!co_await wait_for_socket(wants_read ? Socket::wait_read : Socket::wait_write))
      co_return false;
  }
  worker_.deadlines().disarm(phase_alarm_);
  co_return true;
}

// False where the deadline that is armed passes first.
Task<bool> Session::wait_for_socket(Socket::wait_type what) {
  stream_.wait(what, this, read_);
  while (read_.pending && !phase_alarm_.expired() && !stopped_) co_await event_;
  const bool is_ready = !read_.pending;
  if (read_.pending) stream_.cancel();
  while (read_.pending) co_await event_;
  co_return is_ready;
}

const std::string& Session::peer() {
  if (peer_.empty()) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getpeername(stream_.handle(), reinterpret_cast<sockaddr*>(&address), &size);
    peer_ = host_of(reinterpret_cast<const sockaddr*>(&address));
  }
  return peer_;
}

// An idle connection owns no buffer. False where it ended.
Task<bool> Session::park() {
  if (read_.pending) stream_.cancel();
  while (read_.pending) co_await event_;
  if (!in_.empty() || eof_ || reset_ || stream_.has_buffered()) co_return true;
  in_.reset();
  Deadlines& deadlines = worker_.deadlines();
  // A client that has just connected is about to speak, even if we are about to leave.
  const bool may_speak_yet = arrived_at_ == TimePoint{};
  deadlines.arm(phase_alarm_, Wait::idle, now());
  stream_.wait(Socket::wait_read, this, read_);
  while (read_.pending && !phase_alarm_.expired() && !stopped_) {
    if (worker_.is_leaving()) {
      if (!may_speak_yet) break;
      if (phase_alarm_.wait() != Wait::park) deadlines.arm(phase_alarm_, Wait::park, now());
    }
    co_await event_;
  }
  const bool speaks = !read_.pending;
  if (read_.pending) stream_.cancel();
  while (read_.pending) co_await event_;
  deadlines.disarm(phase_alarm_);
  co_return speaks && !stopped_;
}

bool Session::fits_buffer() const {
  if (head_.framing == Framing::chunked)
    return !head_.expects_continue && worker_.buffers().has_room(0);
  return head_.length <= worker_.settings().request_buffer &&
         worker_.buffers().has_room(body_left_);
}

// A slow uploader must hold no permit, so a body up to the bound is read first. A chunked one that
// turns out to be larger goes on with what there is, and streams.
Task<bool> Session::read_body() {
  const std::size_t bound = worker_.settings().request_buffer;
  if (head_.expects_continue) {
    head_.expects_continue = false;
    if (scanned_ == head_.size) down_.append(continue_line);
  }
  // With no room left for buffers it goes on with what there is, too.
  const auto is_enough = [&] {
    return scanned_ - head_.size >= bound ||
           (in_.room() < smallest_read && !worker_.buffers().has_room(0));
  };
  worker_.deadlines().arm(phase_alarm_, Wait::body, now());
  // Room for as much again as has come, not for all that is announced: that costs nothing to say.
  const std::size_t ahead = std::max(in_.size(), read_size);
  if (!read_.pending)
    in_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, ahead)),
                worker_.buffers());
  for (;;) {
    send_response();
    scan_body();
    if (body_complete_ || body_malformed_ || is_enough()) break;
    if (eof_ || client_has_left() || client_gone_ || phase_alarm_.expired()) break;
    if (!read_.pending) start_read();
    co_await event_;
  }
  const bool timed_out = phase_alarm_.expired();
  worker_.deadlines().disarm(phase_alarm_);
  if (body_malformed_ || timed_out) co_return false;
  co_return body_complete_ || is_enough();
}

// Looks at what has come of the body since the last look.
void Session::scan_body() {
  if (body_complete_ || body_malformed_) return;
  const std::string_view fresh = in_.view().substr(scanned_);
  const auto keep = [this](std::size_t begin, std::size_t size) {
    const auto from = static_cast<std::uint32_t>(begin);
    const auto to = static_cast<std::uint32_t>(begin + size);
    if (!body_.empty() && body_.back().end == from) {
      body_.back().end = to;
    } else if (size > 0) {
      body_.push_back({from, to});
    }
  };
  if (head_.framing == Framing::length) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, fresh.size()));
    keep(scanned_, count);
    scanned_ += count;
    body_left_ -= count;
    body_complete_ = body_left_ == 0;
    return;
  }
  pieces_.clear();
  std::size_t used = 0;
  const auto result = body_decoder_.feed(fresh, used, pieces_);
  for (const auto& piece : pieces_) {
    keep(static_cast<std::size_t>(piece.bytes.data() - in_.data()), piece.bytes.size());
  }
  scanned_ += used;
  body_complete_ = result == ChunkDecoder::Result::end;
  body_malformed_ = result == ChunkDecoder::Result::malformed;
}

bool Session::client_has_left() const {
  return stopped_ || reset_ || (eof_ && worker_.settings().abort_on_half_close);
}

bool Session::is_refused_unread() {
  if (bypasses_) return false;
  asked_at_ = shed_at_ = now();
  const auto reason = worker_.limiter().would_refuse(demand_, asked_at_);
  if (reason) shed_reason_ = *reason;
  return reason.has_value();
}

// Of a request that was shed, which is counted.
LocalResponse Session::refusal() {
  worker_.recorder().shed(demand_.cls, shed_reason_);
  note_.ended(admission::to_string(shed_reason_), shed_at_ - asked_at_, {});
  const Settings& settings = worker_.settings();
  return {settings.reject_status, admission::to_string(shed_reason_),
          worker_.limiter().retry_after(shed_at_)};
}

Session::Admitted Session::ask_for_permit() {
  asked_at_ = arrived_at_;
  if (!body_.empty()) asked_at_ = now();  // the body took its time
  is_shed_ = false;
  demand_.bytes = static_cast<std::uint32_t>(scanned_);
  auto acquired = worker_.limiter().acquire(*this, asked_at_, demand_);
  switch (acquired.answer) {
    case admission::Limiter::Answer::granted:
      permit_ = std::move(acquired.permit);
      return Admitted::granted;
    case admission::Limiter::Answer::refused:
      shed_reason_ = acquired.reason;
      shed_at_ = asked_at_;
      return Admitted::shed;
    case admission::Limiter::Answer::queued:
      break;
  }
  return Admitted::queued;
}

Task<Session::Admitted> Session::wait_in_queue() {
  is_queued_ = true;
  worker_.watch_queue();
  bool is_watched = !worker_.turn().is_full();
  worker_.deadlines().arm(phase_alarm_, is_watched ? Wait::queue : Wait::queue_watch, asked_at_);
  while (is_queued_) {
    // Somebody who has left must not be served: his connection is watched, by a worker without time
    // to spare once he waits for longer than a tick. What he sends meanwhile is his next request,
    // and may fill the buffer but not more.
    if (is_watched && !read_.pending && !eof_ && !reset_ && in_.room() >= smallest_read)
      start_read();
    co_await event_;
    if (client_has_left() && is_queued_ && worker_.limiter().cancel(*this, now())) {
      is_queued_ = false;
      worker_.deadlines().disarm(phase_alarm_);
      co_return Admitted::left;
    }
    if (is_queued_ && phase_alarm_.expired()) {
      worker_.deadlines().arm(phase_alarm_, is_watched ? Wait::park : Wait::queue, now());
      is_watched = true;
    }
  }
  worker_.deadlines().disarm(phase_alarm_);
  if (is_shed_) co_return Admitted::shed;
  if (!client_has_left()) co_return Admitted::granted;
  end_permit(control::Outcome::client_abort, now());
  co_return Admitted::left;
}

void Session::granted(admission::Permit permit) {
  permit_ = std::move(permit);  // nobody reads it until the answer was told
  tell_answer();
}

void Session::shed(admission::ShedReason reason) {
  shed_reason_ = reason;
  shed_at_ = now();
  is_shed_ = true;
  tell_answer();
}

void Session::tell_answer() {
  if (worker_.is_current()) {
    asio::post(worker_.io(), Answered{this});
  } else {
    worker_.post(Answered{this});
  }
}

void Session::Answered::operator()() const {
  session->is_queued_ = false;
  session->event_.wake();
}

void Session::leave_queue() {
  if (is_queued_ && worker_.limiter().cancel(*this, now())) shed(admission::ShedReason::draining);
}

}  // namespace sweetspot::proxy
