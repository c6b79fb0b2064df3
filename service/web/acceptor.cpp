#include "service/web/acceptor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "service/platform/units.hpp"

namespace sweetspot::web {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto pause_after_failed_accept = std::chrono::milliseconds(100);
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

Acceptor::Acceptor(asio::io_context& loop, int most_connections)
    : loop_(loop), acceptor_(loop), most_connections_(most_connections) {}

Acceptor::Bound Acceptor::bind(const std::string& host, std::uint16_t port) {
  const std::string name = platform::format_endpoint({.host = host, .port = port});
  error_code error;
  const auto found = tcp::resolver(loop_).resolve(
      host, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) return {0, name + ": " + error.message()};
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return {0, name + ": " + error.message()};
  return {acceptor_.local_endpoint().port(), {}};
}

void Acceptor::start(Serve serve) {
  asio::co_spawn(loop_, accept_all(std::move(serve)), asio::detached);
}

void Acceptor::close() {
  error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> Acceptor::accept_all(Serve serve) {
  const auto self = shared_from_this();
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      asio::steady_timer pause(loop_, pause_after_failed_accept);
      co_await pause.async_wait(as_result);
    } else if (connections_ < most_connections_) {
      ++connections_;
      asio::co_spawn(loop_, serve(std::move(socket)),
                     [self](std::exception_ptr) { --self->connections_; });
    }
  }
}

}  // namespace sweetspot::web
