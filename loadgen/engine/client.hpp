#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <memory>

#include "loadgen/engine/address.hpp"
#include "loadgen/engine/handler_memory.hpp"
#include "loadgen/engine/plan.hpp"
#include "loadgen/engine/response.hpp"
#include "loadgen/engine/tally.hpp"

namespace sweetspot::engine {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;

class Worker;

// One client: a connection to each server that it has to do with, and one request at a time. A
// state machine rather than a coroutine: its hot path is a send and a receive, and it allocates
// nothing. Owned by a worker, on whose thread it lives.
class Client {
 public:
  Client(Worker& worker, const Plan& plan);

  // Sends a request that was due at `due`; connects first where need be. Ends in the worker's
  // completed() or failed(). Call and message outlive it.
  void begin(const Call& call, const std::string& message, TimePoint due, TimePoint now);

  // Gives up a request that has been under way for too long.
  void check_timeout(TimePoint now);

  bool is_busy() const { return busy_; }
  TimePoint due() const { return due_; }                          // its latency counts from here
  TimePoint begun() const { return begun_; }                      // when the last request was begun
  Duration to_first_byte() const { return first_byte_ - sent_; }  // of the last response
  const Call& call() const { return *first_call_; }  // as it was begun, before any redirect
  const ResponseReader& response() const { return reader_; }
  bool is_counted() const { return counted_; }
  void set_counted() { counted_ = true; }  // among the clients that had a response
  void close();

 private:
  // The connection to one server.
  struct Line {
    explicit Line(Executor executor) : socket(executor) {}
    void close();

    asio::basic_stream_socket<asio::generic::stream_protocol, Executor> socket;
    HandlerMemory memory;
    std::unique_ptr<TlsSession> tls;  // where the server is secure
    TimePoint last_used{};
    std::uint32_t generation = 0;  // of the socket: one more with each close
    bool connected = false;
    bool sending = false;  // the kernel did not take the whole request at once
  };

  // Calls a member unless the socket it was meant for is closed by now.
  template <void (Client::*step)(error_code, std::size_t)>
  struct Handler;

  template <void (Client::*step)(error_code, std::size_t)>
  Handler<step> bound();

  void start(TimePoint now);
  void connect(TimePoint now);
  void on_connected(error_code error, std::size_t);
  void on_ready();
  void send(TimePoint now);
  void on_sent(error_code error, std::size_t);
  void receive();
  void on_received(error_code error, std::size_t bytes);
  bool take(std::size_t bytes);
  void on_end();
  bool was_closed_meanwhile();
  bool goes_on_elsewhere();
  void succeed(TimePoint now);
  void fail(Error error, std::string_view cause);
  void fail(Error error, error_code cause);

  // The same over TLS, whose steps are taken again once the socket is ready for them.
  void shake_hands(error_code, std::size_t);
  void send_secretly(error_code, std::size_t);
  void receive_secretly(error_code, std::size_t);
  template <void (Client::*step)(error_code, std::size_t)>
  void wait_for(TlsSession::Step wanted);

  Worker& worker_;
  const Plan& plan_;
  std::deque<Line> lines_;  // by server
  Line* line_ = nullptr;    // of the request
  const Call* first_call_ = nullptr;
  const Call* call_ = nullptr;
  const std::string* message_ = nullptr;
  std::unique_ptr<Call> redirected_;  // what call_ is then
  int hops_ = 0;
  ResponseReader reader_;
  TimePoint due_{};    // latency counts from here
  TimePoint begun_{};  // the timeout from here
  TimePoint connect_begun_{};
  TimePoint sent_{};        // on the connection that there was or that was made
  TimePoint first_byte_{};  // of the response; not set before it has come
  bool busy_ = false;
  bool counted_ = false;
  std::size_t begin_ = 0, end_ = 0;  // what is in the buffer
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace sweetspot::engine
