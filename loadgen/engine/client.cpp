#include "loadgen/engine/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "loadgen/engine/worker.hpp"

namespace sweetspot::engine {

template <void (Client::*step)(error_code, std::size_t)>
struct Client::Handler {
  using allocator_type = HandlerAllocator<void>;

  Client* client;
  std::uint32_t generation;

  allocator_type get_allocator() const noexcept { return allocator_type(client->memory_); }
  void operator()(error_code error, std::size_t bytes = 0) const {
    if (generation == client->generation_) (client->*step)(error, bytes);
  }
};

template <void (Client::*step)(error_code, std::size_t)>
Client::Handler<step> Client::bound() {
  return {this, generation_};
}

Client::Client(Worker& worker, const Plan& plan)
    : worker_(worker), plan_(plan), socket_(worker.executor()), reader_(plan.head_only) {}

void Client::begin(TimePoint due, TimePoint now) {
  due_ = due;
  begun_ = now;
  busy_ = true;
  if (connected_ && !was_closed_meanwhile()) {
    send();
  } else {
    connect();
  }
}

// An idle connection may have been closed by the server. Asked only after a pause, since under
// load there is none and the question is a system call.
bool Client::was_closed_meanwhile() {
  constexpr auto pause = std::chrono::milliseconds(50);
  if (begun_ - last_used_ < pause) return false;
  char byte = 0;
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error != asio::error::would_block;
}

void Client::connect() {
  close();
  error_code error;
  socket_.open(worker_.server().protocol(), error);
  if (error) return fail(Error::connect);
  socket_.async_connect(worker_.server(), bound<&Client::on_connected>());
}

void Client::on_connected(error_code error, std::size_t) {
  if (error) return fail(Error::connect);
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, error);
  if (error) return fail(Error::connect);
  connected_ = true;
  send();
}

void Client::send() {
  begin_ = end_ = 0;
  reader_.reset();
  error_code error;
  const auto request = asio::buffer(plan_.request);
  const std::size_t sent = socket_.send(request, 0, error);
  if (sent == request.size()) return receive();
  if (error && error != asio::error::would_block) return fail(Error::reset);
  // A server may answer before it has read all: it is listened to meanwhile.
  sending_ = true;
  asio::async_write(socket_, request + sent, bound<&Client::on_sent>());
  receive();
}

// Where the server closed without reading all, its answer may be there nevertheless.
void Client::on_sent(error_code, std::size_t) { sending_ = false; }

void Client::receive() {
  socket_.async_receive(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                        bound<&Client::on_received>());
}

void Client::on_received(error_code error, std::size_t bytes) {
  if (error == asio::error::eof) return on_end();
  if (error) return fail(Error::reset);
  end_ += bytes;
  worker_.count_bytes(bytes);
  read_response();
}

void Client::read_response() {
  begin_ += reader_.take({buffer_.data() + begin_, end_ - begin_});
  switch (reader_.state()) {
    case ResponseReader::State::done:
      return succeed();
    case ResponseReader::State::broken:
      return fail(Error::protocol);
    case ResponseReader::State::body:
    case ResponseReader::State::head:
      break;
  }
  // What is left is the part of a head: more has to follow behind it.
  if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) return fail(Error::protocol);
  receive();
}

void Client::on_end() {
  reader_.take_end();
  if (reader_.state() == ResponseReader::State::done) return succeed();
  fail(Error::reset);
}

void Client::succeed() {
  const TimePoint now = Worker::Clock::now();
  // Bytes beyond the response belong to nobody: the connection cannot be trusted.
  // Nor can one on which the rest of a request is still under way.
  if (!plan_.keep_alive || !reader_.keeps_alive() || begin_ != end_ || sending_) close();
  busy_ = false;
  last_used_ = now;
  worker_.completed(*this, reader_.status(), now - due_, now);
}

void Client::fail(Error error) {
  close();
  busy_ = false;
  const TimePoint now = Worker::Clock::now();
  worker_.failed(*this, error, now - due_, now);
}

void Client::check_timeout(TimePoint now) {
  if (busy_ && now - begun_ >= plan_.timeout) fail(Error::timeout);
}

void Client::close() {
  ++generation_;
  connected_ = false;
  sending_ = false;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sweetspot::engine
