#include "service/ctl/client.hpp"

#include <grpc/support/log.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>

#include "sweetspot/v1/control.grpc.pb.h"
#include "sweetspot/v1/lifecycle.grpc.pb.h"

namespace sweetspot::ctl {
namespace {

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

  std::string address;
  std::chrono::microseconds timeout;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Control::Stub> stub;
};

Client::Client(const std::string& address, std::chrono::nanoseconds timeout)
    : impl_(std::make_unique<Impl>()) {
  gpr_set_log_function([](gpr_log_func_args*) {});  // what goes wrong is in the call's status
  impl_->address = address;
  impl_->timeout = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  impl_->channel =
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  impl_->stub = v1::Control::NewStub(impl_->channel);
}

Client::~Client() = default;

Outcome Client::get_status(v1::Status& status) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->GetStatus(&context, {}, &status);
  });
}

Outcome Client::set_limit(std::int32_t limit, const std::string& comment, v1::Status& status) {
  v1::SetLimitRequest request;
  request.set_limit(limit);
  request.set_comment(comment);
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->SetLimit(&context, request, &status);
  });
}

Outcome Client::retune(const std::string& comment, v1::Status& status) {
  v1::RetuneRequest request;
  request.set_comment(comment);
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->Retune(&context, request, &status);
  });
}

// grpc.health.v1.Health has no stub in the C++ library. Its request may be empty, and its answer has
// one field: 1, the status, where 1 is SERVING.
Outcome Client::health() {
  using google::protobuf::Empty;
  constexpr int status_field = 1, serving = 1;
  Empty answer;
  Outcome outcome = impl_->call(true, [&](grpc::ClientContext& context) {
    grpc::TemplatedGenericStub<Empty, Empty> stub(impl_->channel);
    const Empty request;
    std::promise<grpc::Status> ended;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &answer,
                   [&](grpc::Status status) { ended.set_value(std::move(status)); });
    return ended.get_future().get();
  });
  if (outcome.exit != Exit::done) return outcome;
  const auto& fields = answer.GetReflection()->GetUnknownFields(answer);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == status_field && field.varint() == serving) return {};
  }
  return {Exit::refused, "not serving: it drains"};
}

Outcome Client::drain(bool wait, v1::LifecycleDrainResponse& response) {
  v1::LifecycleDrainRequest request;
  request.set_wait(wait);
  return impl_->call(!wait, [&](grpc::ClientContext& context) {
    return v1::Lifecycle::NewStub(impl_->channel)->Drain(&context, request, &response);
  });
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
