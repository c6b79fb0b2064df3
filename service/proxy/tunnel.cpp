// What follows a 101: bytes in both directions that are nobody's business.
#include <utility>

#include "service/proxy/session.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using control::Outcome;

Task<bool> Session::tunnel() {
  const TimePoint switched_at = now();
  worker_.deadlines().disarm(request_alarm_);
  wait_for_client(false);
  append_response(upstream_->in.data(), response_, {}, down_text_, down_);
  note_.answered(response_.status);
  interim_text_ = down_.text();  // the buffer it lies in moves on
  down_.discard();
  down_.append(interim_text_);
  upstream_->in.consume(response_.size);
  in_.consume(std::exchange(scanned_, 0));

  bool goes_on = true;
  while (goes_on && !stopped_) {
    worker_.deadlines().arm(phase_alarm_, Wait::idle, now());
    const bool up = tunnel_up();
    const bool down = tunnel_down();
    goes_on = up && down && !phase_alarm_.expired();
    if (!goes_on) break;
    co_await event_;
    goes_on = !phase_alarm_.expired();
  }
  worker_.deadlines().disarm(phase_alarm_);
  up_.discard();
  down_.discard();
  drop_upstream();
  if (permit_) {
    // The time until the switch: how long the tunnel lasted says nothing about the backend.
    const TimePoint at = now();
    worker_.recorder().completed(demand_.cls, Outcome::success, switched_at - permit_.granted_at(),
                                 permit_.granted_at() - asked_at_, switched_at - arrived_at_,
                                 false);
    permit_.release(at);
  }
  co_return false;
}

// False where this direction has failed. A clean end of one side is passed on to the other.
bool Session::tunnel_up() {
  if (up_.empty() && !in_.empty()) up_.append(in_.view());
  if (!up_.empty()) {
    const auto flushed = up_.flush(upstream_->socket.native_handle());
    if (flushed == Outbox::Flushed::failed) return false;
    if (flushed == Outbox::Flushed::blocked) {
      upstream_->start_wait_writable();
      return true;
    }
    if (read_.pending) {
      in_.consume(in_.size());
    } else {
      in_.rewind();
    }
  }
  if (reset_) return false;
  if (eof_) {
    error_code ignored;
    upstream_->socket.shutdown(Socket::shutdown_send, ignored);
    return !upstream_->has_ended();
  }
  if (!read_.pending) start_read();
  return true;
}

bool Session::tunnel_down() {
  Buffer& in = upstream_->in;
  if (down_.empty() && !in.empty()) {
    down_.append(in.view());
    in.consume(in.size());
  }
  send_response();
  if (client_gone_) return false;
  if (!down_.empty()) return true;
  if (upstream_->has_ended()) {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    return upstream_->ended_cleanly() && !eof_;
  }
  if (!upstream_->read.pending) {
    if (in.empty()) {
      in.rewind();
      upstream_->start_read();
    } else {
      return tunnel_down();
    }
  }
  return true;
}

}  // namespace sweetspot::proxy
