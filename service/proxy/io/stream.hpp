#pragma once

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "service/proxy/framing/outbox.hpp"
#include "service/proxy/io/asio.hpp"
#include "service/proxy/io/operation.hpp"
#include "service/proxy/io/tls.hpp"

namespace sweetspot::proxy {

// The bytes of a connection: those of its socket, or those that TLS makes of them. Without TLS each
// call is the socket's own, behind one branch. Its owner keeps it until nothing is pending.
class Stream {
 public:
  explicit Stream(Executor executor) : socket_(executor) {}
  explicit Stream(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() { return socket_; }
  int handle() { return socket_.native_handle(); }

  // From now on by TLS, which begins with its handshake.
  void secure(std::unique_ptr<Tls> tls) { tls_ = std::move(tls); }
  Tls* tls() { return tls_.get(); }

  template <typename Owner>
  void start_read(char* into, std::size_t room, Owner* owner, Operation& operation) {
    const auto done = begin(owner, operation);
    if (tls_ == nullptr) {
      socket_.async_read_some(asio::buffer(into, room), done);
    } else if (tls_->has_buffered()) {
      asio::post(socket_.get_executor(), TlsRead<Owner>{this, into, room, done});
    } else {
      socket_.async_wait(Socket::wait_read, TlsRead<Owner>{this, into, room, done});
    }
  }
  template <typename Owner>
  void wait(Socket::wait_type what, Owner* owner, Operation& operation) {
    socket_.async_wait(what, begin(owner, operation));
  }
  // Bytes have come that the socket does not have any more.
  bool has_buffered() const { return tls_ != nullptr && tls_->has_buffered(); }

  Outbox::Flushed flush(Outbox& outbox) {
    return tls_ == nullptr ? outbox.flush(handle()) : tls_->write(outbox);
  }

  void cancel() {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void shutdown_send() {
    error_code ignored;
    if (tls_ != nullptr) tls_->say_farewell();
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() {
    error_code ignored;
    if (tls_ != nullptr && socket_.is_open()) tls_->say_farewell();
    socket_.close(ignored);
  }
  // Closes it so that nobody takes what was sent for all.
  void abort() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

 private:
  // The socket can be read: TLS may have made nothing of it yet.
  template <typename Owner>
  struct TlsRead {
    Stream* stream;
    char* into;
    std::size_t room;
    Completion<Owner> done;

    using allocator_type = OperationAllocator<void>;
    allocator_type get_allocator() const noexcept { return done.get_allocator(); }

    void operator()(error_code error = {}) const {
      if (!error && !stream->socket_.is_open()) error = asio::error::operation_aborted;
      if (error) return done(error);
      const Tls::Got got = stream->tls_->read(into, room);
      if (got.bytes > 0) return done({}, got.bytes);
      switch (got.why) {
        case Tls::Got::Why::blocked:
          return stream->socket_.async_wait(Socket::wait_read, *this);
        case Tls::Got::Why::ended:
          return done(asio::error::eof);
        case Tls::Got::Why::reset:
          return done(asio::error::connection_reset);
      }
    }
  };

  Socket socket_;
  std::unique_ptr<Tls> tls_;  // null for a connection in the clear
};

}  // namespace sweetspot::proxy
