#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>

#include "loadgen/engine/handler_memory.hpp"
#include "loadgen/engine/plan.hpp"
#include "loadgen/engine/response.hpp"
#include "loadgen/engine/tally.hpp"

namespace sweetspot::engine {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;

class Worker;

// One connection and the one request on it. A state machine rather than a coroutine: its hot path
// is a send and a receive, and it allocates nothing. Owned by a worker, on whose thread it lives.
class Client {
 public:
  Client(Worker& worker, const Plan& plan);

  // Sends a request that was due at `due`; connects first where need be. Ends in the worker's
  // completed() or failed().
  void begin(TimePoint due, TimePoint now);

  // Gives up a request that has been under way for too long.
  void check_timeout(TimePoint now);

  bool is_busy() const { return busy_; }
  TimePoint begun() const { return begun_; }  // when the last request was begun
  bool is_counted() const { return counted_; }
  void set_counted() { counted_ = true; }  // among the connections that brought a response
  void close();

 private:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

  // Calls a member unless the socket it was meant for is closed by now.
  template <void (Client::*step)(error_code, std::size_t)>
  struct Handler;

  template <void (Client::*step)(error_code, std::size_t)>
  Handler<step> bound();

  void connect();
  void on_connected(error_code error, std::size_t);
  void send();
  void on_sent(error_code error, std::size_t);
  void receive();
  void on_received(error_code error, std::size_t bytes);
  void read_response();
  void on_end();
  bool was_closed_meanwhile();
  void succeed();
  void fail(Error error);

  Worker& worker_;
  const Plan& plan_;
  Socket socket_;
  HandlerMemory memory_;
  ResponseReader reader_;
  TimePoint due_{};    // latency counts from here
  TimePoint begun_{};  // the timeout from here
  TimePoint last_used_{};
  std::uint32_t generation_ = 0;  // of the socket: one more with each close
  bool busy_ = false;
  bool connected_ = false;
  bool sending_ = false;  // the kernel did not take the whole request at once
  bool counted_ = false;
  std::size_t begin_ = 0, end_ = 0;  // what is in the buffer
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace sweetspot::engine
