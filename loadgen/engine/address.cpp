#include "loadgen/engine/address.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace sweetspot::engine {

namespace asio = boost::asio;
using asio::ip::tcp;

platform::Parsed<Address> resolve(const Server& server) {
  if (!server.unix_path.empty()) {
    try {
      return {asio::local::stream_protocol::endpoint(server.unix_path), {}};
    } catch (const boost::system::system_error&) {
      return {{}, "the path \"" + server.unix_path + "\" is too long for a Unix socket"};
    }
  }
  asio::io_context io;
  tcp::resolver resolver(io);
  boost::system::error_code error;
  const auto found = resolver.resolve(server.endpoint.host, std::to_string(server.endpoint.port),
                                      tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return {{}, "cannot find the host \"" + server.endpoint.host + "\": " + error.message()};
  }
  if (found.size() > 1) {
    tcp::socket probe(io);
    boost::system::error_code refused;
    const auto reached = asio::connect(probe, found, refused);
    if (!refused) return {reached, {}};
  }
  return {found.begin()->endpoint(), {}};
}

}  // namespace sweetspot::engine
