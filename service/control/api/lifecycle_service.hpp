#pragma once

#include <memory>

#include "service/control/api/access.hpp"
#include "service/control/drain.hpp"

namespace boost::asio {
class io_context;
}
namespace grpc {
class Service;
}

namespace sweetspot::control {

// The gRPC service by which the sidecar is told to drain. Its calls become messages on the loop,
// where `drain` lives; a call that waits is answered when the drain is finished, so finish it
// before the server stops. Operators only, where `access` asks who calls.
std::shared_ptr<grpc::Service> make_lifecycle_service(boost::asio::io_context& loop, Drain& drain,
                                                      const AccessSettings& access);

}  // namespace sweetspot::control
