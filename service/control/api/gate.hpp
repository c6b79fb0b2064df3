#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "service/control/api/access.hpp"
#include "service/control/api/call_budget.hpp"

namespace sweetspot::control {

// Tells who calls, and whether they may; bounds how often. Any thread.
class Gate {
 public:
  explicit Gate(AccessSettings settings);

  struct Caller {
    grpc::Status status;  // OK, UNAUTHENTICATED, PERMISSION_DENIED, or too many calls
    std::string name;     // for the decision log
  };
  Caller admit(const grpc::ServerContextBase& context, Role needed);

  std::shared_ptr<grpc::ServerCredentials> credentials() const;  // to bind with

 private:
  std::optional<Identity> identify(const grpc::ServerContextBase& context);

  AccessSettings settings_;
  CallBudget budget_;
  std::unique_ptr<TokenFile> tokens_;  // null where none are wanted
};

}  // namespace sweetspot::control
