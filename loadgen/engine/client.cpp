#include "loadgen/engine/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "loadgen/engine/redirect.hpp"
#include "loadgen/engine/worker.hpp"

namespace sweetspot::engine {

template <void (Client::*step)(error_code, std::size_t)>
struct Client::Handler {
  using allocator_type = HandlerAllocator<void>;

  Client* client;
  Line* line;
  std::uint32_t generation;

  allocator_type get_allocator() const noexcept { return allocator_type(line->memory); }
  void operator()(error_code error, std::size_t bytes = 0) const {
    if (generation == line->generation) (client->*step)(error, bytes);
  }
};

template <void (Client::*step)(error_code, std::size_t)>
Client::Handler<step> Client::bound() {
  return {this, line_, line_->generation};
}

Client::Client(Worker& worker, const Plan& plan) : worker_(worker), plan_(plan) {}

void Client::begin(const Call& call, const std::string& message, TimePoint due, TimePoint now) {
  first_call_ = call_ = &call;
  message_ = &message;
  hops_ = 0;
  due_ = due;
  begun_ = now;
  busy_ = true;
  start(now);
}

void Client::start(TimePoint now) {
  while (lines_.size() <= call_->server) lines_.emplace_back(worker_.executor());
  line_ = &lines_[call_->server];
  if (line_->connected && !was_closed_meanwhile()) {
    send(now);
  } else {
    connect(now);
  }
}

// An idle connection may have been closed by the server. Asked only after a pause, since under
// load there is none and the question is a system call.
bool Client::was_closed_meanwhile() {
  constexpr auto pause = std::chrono::milliseconds(50);
  if (begun_ - line_->last_used < pause) return false;
  char byte = 0;
  error_code error;
  line_->socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error != asio::error::would_block;
}

void Client::connect(TimePoint now) {
  line_->close();
  connect_begun_ = now;
  const Address& address = worker_.address(call_->server);
  error_code error;
  line_->socket.open(address.protocol(), error);
  if (error) return fail(Error::connect, error);
  line_->socket.async_connect(address, bound<&Client::on_connected>());
}

void Client::on_connected(error_code error, std::size_t) {
  if (error) return fail(Error::connect, error);
  error_code ignored;  // a Unix socket knows no such option
  line_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  line_->socket.non_blocking(true, error);
  if (error) return fail(Error::connect, error);
  const Server& server = worker_.server(call_->server);
  if (server.is_secure) {
    line_->tls =
        std::make_unique<TlsSession>(*plan_.tls, line_->socket.native_handle(), server.tls_name);
    return shake_hands({}, 0);
  }
  on_ready();
}

void Client::on_ready() {
  line_->connected = true;
  const TimePoint now = Worker::Clock::now();
  worker_.connected(now - connect_begun_, now);
  send(now);
}

void Client::send(TimePoint now) {
  sent_ = now;
  first_byte_ = {};
  begin_ = end_ = 0;
  reader_.reset(call_->head_only);
  if (line_->tls) return send_secretly({}, 0);
  error_code error;
  const auto request = asio::buffer(*message_);
  const std::size_t sent = line_->socket.send(request, 0, error);
  if (sent == request.size()) return receive();
  if (error && error != asio::error::would_block) return fail(Error::reset, error);
  // A server may answer before it has read all: it is listened to meanwhile.
  line_->sending = true;
  asio::async_write(line_->socket, request + sent, bound<&Client::on_sent>());
  receive();
}

// Where the server closed without reading all, its answer may be there nevertheless.
void Client::on_sent(error_code, std::size_t) { line_->sending = false; }

void Client::receive() {
  line_->socket.async_receive(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                              bound<&Client::on_received>());
}

void Client::on_received(error_code error, std::size_t bytes) {
  if (error == asio::error::eof) return on_end();
  if (error) return fail(Error::reset, error);
  if (take(bytes)) receive();
}

// True where more has to come.
bool Client::take(std::size_t bytes) {
  // Most responses come in one piece: one look at the clock serves both of its ends.
  const bool is_first = first_byte_ == TimePoint{};
  if (is_first) first_byte_ = Worker::Clock::now();
  end_ += bytes;
  worker_.count_bytes(bytes);
  begin_ += reader_.take({buffer_.data() + begin_, end_ - begin_});
  switch (reader_.state()) {
    case ResponseReader::State::done:
      succeed(is_first ? first_byte_ : Worker::Clock::now());
      return false;
    case ResponseReader::State::broken:
      fail(Error::protocol, "not HTTP/1.1");
      return false;
    case ResponseReader::State::body:
    case ResponseReader::State::head:
      break;
  }
  // What is left is the part of a head: more has to follow behind it.
  if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ < buffer_.size()) return true;
  fail(Error::protocol, "a head beyond 16 KiB");
  return false;
}

void Client::on_end() {
  reader_.take_end();
  if (reader_.state() == ResponseReader::State::done) return succeed(Worker::Clock::now());
  fail(Error::reset, "closed before the response was complete");
}

void Client::shake_hands(error_code, std::size_t) {
  switch (const auto step = line_->tls->shake_hands()) {
    case TlsSession::Step::done:
      return on_ready();
    case TlsSession::Step::wants_read:
    case TlsSession::Step::wants_write:
      return wait_for<&Client::shake_hands>(step);
    case TlsSession::Step::closed:
    case TlsSession::Step::failed:
      return fail(Error::tls, line_->tls->cause());
  }
}

void Client::send_secretly(error_code, std::size_t) {
  const auto step = line_->tls->write(message_->data(), message_->size());
  const bool waits = step == TlsSession::Step::wants_read || step == TlsSession::Step::wants_write;
  if (waits) return wait_for<&Client::send_secretly>(step);
  // Where the server closed without reading all, its answer may be there nevertheless.
  wait_for<&Client::receive_secretly>(TlsSession::Step::wants_read);
}

void Client::receive_secretly(error_code, std::size_t) {
  while (true) {
    std::size_t bytes = 0;
    switch (const auto step =
                line_->tls->read(buffer_.data() + end_, buffer_.size() - end_, bytes)) {
      case TlsSession::Step::done:
        if (!take(bytes)) return;
        break;
      case TlsSession::Step::wants_read:
      case TlsSession::Step::wants_write:
        return wait_for<&Client::receive_secretly>(step);
      case TlsSession::Step::closed:
        return on_end();
      case TlsSession::Step::failed:
        return fail(Error::reset, line_->tls->cause());
    }
  }
}

template <void (Client::*step)(error_code, std::size_t)>
void Client::wait_for(TlsSession::Step wanted) {
  using asio::socket_base;
  line_->socket.async_wait(
      wanted == TlsSession::Step::wants_write ? socket_base::wait_write : socket_base::wait_read,
      bound<step>());
}

void Client::succeed(TimePoint now) {
  // Bytes beyond the response belong to nobody: the connection cannot be trusted.
  // Nor can one on which the rest of a request is still under way.
  if (!plan_.keep_alive || !reader_.keeps_alive() || begin_ != end_ || line_->sending)
    line_->close();
  line_->last_used = now;
  if (hops_ < plan_.redirects && goes_on_elsewhere()) return;
  busy_ = false;
  worker_.completed(*this, now - due_, now);
}

// Follows where the response leads. It is the same request as far as anybody outside can see.
bool Client::goes_on_elsewhere() {
  if (reader_.location().empty()) return false;
  auto next = follow(*call_, *message_, reader_.status(), reader_.location());
  if (!next) return false;
  const auto server = worker_.find_server(server_of(next->url, plan_.route));
  if (!server) return false;
  next->server = *server;
  redirected_ = std::make_unique<Call>(std::move(*next));
  call_ = redirected_.get();
  message_ = &call_->messages.front();
  ++hops_;
  start(Worker::Clock::now());
  return true;
}

void Client::fail(Error error, std::string_view cause) {
  const std::string kept(cause);  // closing may end whose it is
  line_->close();
  busy_ = false;
  const TimePoint now = Worker::Clock::now();
  worker_.failed(*this, error, now - due_, now, kept);
}

void Client::fail(Error error, error_code cause) { fail(error, cause.message()); }

void Client::check_timeout(TimePoint now) {
  if (busy_ && now - begun_ >= plan_.timeout) fail(Error::timeout, "no complete response in time");
}

void Client::close() {
  for (Line& line : lines_) line.close();
}

void Client::Line::close() {
  ++generation;
  connected = false;
  sending = false;
  tls.reset();
  error_code ignored;
  socket.close(ignored);
}

}  // namespace sweetspot::engine
