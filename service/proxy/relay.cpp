// The answer's way from the upstream to the client, which may be slower than the upstream.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "service/proxy/session.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using control::Outcome;

namespace {
constexpr std::size_t smallest_read = 4 * 1024;
}

Session::Progress Session::receive_response() {
  for (;;) {
    if (!response_begun_) {
      const Progress progress = receive_head();
      if (progress != Progress::waiting) return progress;
    }
    if (response_begun_) {
      const Progress progress = relay_body();
      if (progress != Progress::waiting) return progress;
    }
    if (upstream_->has_ended()) {
      failure_ = Outcome::upstream_reset;
      const bool is_whole = response_begun_ && response_.framing == Framing::until_close &&
                            upstream_->ended_cleanly();
      return is_whole ? Progress::complete : Progress::failed;
    }
    if (upstream_->read.pending) return Progress::waiting;
    make_room() ? upstream_->read_soon() : upstream_->forget_read();
    return Progress::waiting;
  }
}

// Heads until the final one. Waiting where more bytes are needed, and once it has begun.
Session::Progress Session::receive_head() {
  const Settings& settings = worker_.settings();
  const HeadLimits limits{settings.max_head, settings.max_target, settings.max_fields};
  while (upstream_->in.size() > response_looked_at_) {
    const std::string_view bytes = upstream_->in.view();
    if (response_looked_at_ > 0 && bytes.size() < limits.bytes &&
        !may_be_parsed(bytes, response_looked_at_)) {
      response_looked_at_ = bytes.size();
      return Progress::waiting;
    }
    const Parsed parsed = parse_response(bytes, limits, head_.method == Method::head, response_);
    failure_ = Outcome::upstream_protocol;
    if (parsed == Parsed::refused) return Progress::failed;
    response_looked_at_ = bytes.size();
    if (parsed == Parsed::incomplete) return Progress::waiting;
    response_looked_at_ = 0;
    if (response_.status == 101) {
      if (head_.upgrade.empty() || response_.upgrade.empty()) return Progress::failed;
      return Progress::switched;
    }
    if (response_.status < 200) {
      pass_interim();
      continue;
    }
    const bool client_is_1_0 = head_.is_http_1_0;
    // One that comes before the request was whole ends it (RFC 9112, section 9.5).
    if (response_.framing == Framing::until_close || !body_complete_ ||
        (response_.framing == Framing::chunked && client_is_1_0) || worker_.is_closing()) {
      keep_alive_ = false;
    }
    append_response(
        bytes.data(), response_,
        {.close = !keep_alive_,
         .client_http_1_0 = client_is_1_0,
         .via = worker_.introduction().via(),
         .server_timing = settings.server_timing ? server_timing() : std::string_view()},
        down_text_, down_);
    if (response_.is_event_stream(bytes.data())) begin_stream();
    upstream_->in.consume(response_.size);
    response_begun_ = true;
    response_left_ = response_.length;
    response_decoder_ = ChunkDecoder(!response_.nominates);
    return Progress::waiting;
  }
  return Progress::waiting;
}

// It may last, and holds its permit, for as long as both sides like; but not in silence.
void Session::begin_stream() {
  worker_.deadlines().disarm(request_alarm_);
  streams_since_ = now();
}

// What the client may know of its wait (W3C Server Timing); the backend's time is that to its head.
std::string_view Session::server_timing() {
  if (!permit_) return {};
  const auto in_ms = [](Duration duration) { return tuner::milliseconds(duration); };
  const int size =
      std::snprintf(timing_text_.data(), timing_text_.size(), "queue;dur=%.3f, backend;dur=%.3f",
                    in_ms(permit_.granted_at() - asked_at_), in_ms(now() - permit_.granted_at()));
  return {timing_text_.data(), static_cast<std::size_t>(size)};
}

// 100 was answered by us, unless the client's Expect went on; others go to those who know them.
void Session::pass_interim() {
  const bool is_wanted = response_.status == 100 ? head_.expects_continue : !head_.is_http_1_0;
  send_response();  // of the ones before it only one that the client does not take is still here
  if (is_wanted && down_.empty()) {
    Outbox parts;
    append_response(upstream_->in.data(), response_, {}, down_text_, parts);
    interim_text_ = parts.text();  // what follows in the buffer may move it
    down_.append(interim_text_);
  }
  upstream_->in.consume(response_.size);
  response_.size = 0;
}

Session::Progress Session::relay_body() {
  const std::string_view bytes = upstream_->in.view();
  switch (response_.framing) {
    case Framing::none:
      return Progress::complete;
    case Framing::until_close:
      relay_bytes(bytes.size(), true);
      return Progress::waiting;
    case Framing::length: {
      const auto count = std::min<std::uint64_t>(response_left_, bytes.size());
      relay_bytes(static_cast<std::size_t>(count), true);
      response_left_ -= count;
      return response_left_ == 0 ? Progress::complete : Progress::waiting;
    }
    case Framing::chunked:
      break;
  }
  pieces_.clear();
  std::size_t used = 0;
  const auto result = response_decoder_.feed(bytes, used, pieces_);
  for (const auto& piece : pieces_) {
    if (piece.is_payload || !head_.is_http_1_0) down_.append(piece.bytes);
  }
  relay_bytes(used, false);
  failure_ = Outcome::upstream_protocol;
  if (result == ChunkDecoder::Result::malformed) return Progress::failed;
  return result == ChunkDecoder::Result::end ? Progress::complete : Progress::waiting;
}

void Session::relay_bytes(std::size_t count, bool pass_on) {
  if (pass_on) down_.append({upstream_->in.data(), count});
  if (client_gone_) {
    discarded_ += count;
    down_.discard();
  }
  upstream_->in.consume(count);
}

void Session::send_response() {
  if (down_.empty()) return;
  const auto flushed = stream_.flush(down_);
  if (flushed == Outbox::Flushed::failed) {
    client_gone_ = true;
    keep_alive_ = false;
    down_.discard();
  } else if (flushed == Outbox::Flushed::blocked && !write_.pending) {
    stream_.wait(Socket::wait_write, this, write_);
  }
  release_sent();
}

// Room for the next read; false while the client has to take some of the answer first.
bool Session::make_room() {
  Buffer& in = upstream_->in;
  send_response();
  const std::size_t bound =
      in.has_memory() && !worker_.buffers().has_room(0) ? 1 : worker_.settings().response_buffer;
  if (down_.pending() >= bound) {
    wait_for_client(true);
    return false;
  }
  if (body_complete_) wait_for_client(false);
  if (in.empty() && down_.empty()) {
    in.rewind();
  } else if (in.room() < smallest_read) {
    if (down_.empty()) {  // part of a head, or of a trailer
      in.reserve(std::max(in.size(), smallest_read), worker_.buffers());
    } else {
      retire_input();
    }
  }
  return true;
}

// What was read stays with us until the client has it; the connection gets another buffer, with
// what of it nobody has looked at yet.
void Session::retire_input() {
  if (down_.empty()) return;
  Buffer rest;
  if (const std::string_view unread = upstream_->in.view(); !unread.empty()) {
    rest.reserve(unread.size() + smallest_read, worker_.buffers());
    std::copy(unread.begin(), unread.end(), rest.tail());
    rest.commit(unread.size());
  }
  held_.push_back({std::move(upstream_->in), down_.appended()});
  upstream_->in = std::move(rest);
}

void Session::release_sent() {
  std::size_t free = 0;
  while (free < held_.size() && held_[free].until <= down_.sent()) ++free;
  if (free > 0) held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(free));
}

}  // namespace sweetspot::proxy
