#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>

#include "loadgen/engine/plan.hpp"

namespace sweetspot::engine {

using Address = boost::asio::generic::stream_protocol::endpoint;  // TCP or a Unix socket

// A server's address. Where its name has several, the first that accepts a connection. Blocks.
platform::Parsed<Address> resolve(const Server& server);

}  // namespace sweetspot::engine
