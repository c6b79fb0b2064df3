#include "service/ctl/client.hpp"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include "sweetspot/v1/control.grpc.pb.h"

namespace sweetspot::ctl {
namespace {

using Stub = v1::Control::Stub;

Outcome outcome_of(const grpc::Status& status, const std::string& address) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK: return {};
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return {Exit::unreachable, address + ": " + status.error_message()};
    default: return {Exit::refused, status.error_message()};
  }
}

}  // namespace

struct Client::Impl {
  // Calls `method` with a fresh context; a deadline where one is wanted.
  template <class Call>
  Outcome call(bool has_deadline, Call method) {
    grpc::ClientContext context;
    if (has_deadline) context.set_deadline(std::chrono::system_clock::now() + timeout);
    return outcome_of(method(context), address);
  }

  // One order: a message there, the status back.
  template <class Request>
  Outcome order(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, v1::Status*),
                const Request& request, v1::Status& status) {
    return call(true, [&](grpc::ClientContext& context) {
      return (*stub.*method)(&context, request, &status);
    });
  }

  std::string address;
  std::chrono::microseconds timeout;
  std::unique_ptr<v1::Control::Stub> stub;
};

Client::Client(const std::string& address, std::chrono::nanoseconds timeout)
    : impl_(std::make_unique<Impl>()) {
  gpr_set_log_function([](gpr_log_func_args*) {});  // what goes wrong is in the call's status
  impl_->address = address;
  impl_->timeout = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  impl_->stub = v1::Control::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

Client::~Client() = default;

Outcome Client::get_status(v1::Status& status) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->GetStatus(&context, {}, &status);
  });
}

Outcome Client::set_limit(const v1::SetLimitRequest& request, v1::Status& status) {
  return impl_->order(&Stub::SetLimit, request, status);
}

Outcome Client::unpin(const v1::OrderRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Unpin, request, status);
}

Outcome Client::rollback(const v1::RollbackRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Rollback, request, status);
}

Outcome Client::set_bounds(const v1::SetBoundsRequest& request, v1::Status& status) {
  return impl_->order(&Stub::SetBounds, request, status);
}

Outcome Client::retune(const v1::RetuneRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Retune, request, status);
}

Outcome Client::pause(const v1::OrderRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Pause, request, status);
}

Outcome Client::resume(const v1::OrderRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Resume, request, status);
}

Outcome Client::set_objective(const v1::SetObjectiveRequest& request, v1::Status& status) {
  return impl_->order(&Stub::SetObjective, request, status);
}

Outcome Client::set_mode(const v1::SetModeRequest& request, v1::Status& status) {
  return impl_->order(&Stub::SetMode, request, status);
}

Outcome Client::drain(const v1::DrainRequest& request, v1::Status& status) {
  return impl_->order(&Stub::Drain, request, status);
}

Outcome Client::watch(std::uint32_t status_interval_ms,
                      const std::function<bool(const v1::WatchEvent&)>& on_event) {
  v1::WatchRequest request;
  request.set_status_interval_ms(status_interval_ms);
  bool enough = false;
  const Outcome outcome = impl_->call(false, [&](grpc::ClientContext& context) {
    const auto stream = impl_->stub->Watch(&context, request);
    v1::WatchEvent event;
    while (!enough && stream->Read(&event)) enough = !on_event(event);
    if (enough) context.TryCancel();
    return stream->Finish();
  });
  return enough ? Outcome{} : outcome;
}

}  // namespace sweetspot::ctl
