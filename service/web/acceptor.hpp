#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sweetspot::web {

// The listening socket of a small server: the admin port's, the webhook's. Serves at most so many
// connections at a time, closes what comes beyond them, and outlives a shortage of descriptors. On
// its loop's thread; shared by its owner and its own coroutines.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Serve = std::function<boost::asio::awaitable<void>(Socket)>;

  Acceptor(boost::asio::io_context& loop, int most_connections);

  struct Bound {
    std::uint16_t port = 0;
    std::string error;  // empty where it listens
  };
  Bound bind(const std::string& host, std::uint16_t port);

  void start(Serve serve);  // a coroutine for each connection, which is its until that has ended
  bool is_open() const { return acceptor_.is_open(); }
  void close();  // accepts nothing any more; connections go on

 private:
  boost::asio::awaitable<void> accept_all(Serve serve);

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const int most_connections_;
  int connections_ = 0;
};

}  // namespace sweetspot::web
