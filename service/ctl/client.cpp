#include "service/ctl/client.hpp"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>

#include "service/platform/files.hpp"
#include "sweetspot/v1/control.grpc.pb.h"
#include "sweetspot/v1/lifecycle.grpc.pb.h"

namespace sweetspot::ctl {
namespace {

using Stub = v1::Control::Stub;

Outcome outcome_of(const grpc::Status& status, const std::string& address) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return {};
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return {Exit::unreachable, address + ": " + status.error_message()};
    default:
      return {Exit::refused, status.error_message()};
  }
}

std::string content_of(const std::string& path) {
  return platform::read_file(path).value.value_or("");
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const Connection& connection) {
  if (connection.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = content_of(connection.ca),
                               .pem_private_key = content_of(connection.key),
                               .pem_cert_chain = content_of(connection.certificate)});
}

}  // namespace

struct Client::Impl {
  // Calls `method` with a fresh context; a deadline where one is wanted.
  template <class Call>
  Outcome call(bool has_deadline, Call method) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
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

  std::string address, token;
  std::chrono::microseconds timeout;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Control::Stub> stub;
};

Client::Client(const std::string& address, std::chrono::nanoseconds timeout)
    : Client(Connection{.address = address}, timeout) {}

Client::Client(const Connection& connection, std::chrono::nanoseconds timeout)
    : impl_(std::make_unique<Impl>()) {
  gpr_set_log_function([](gpr_log_func_args*) {});  // what goes wrong is in the call's status
  impl_->address = connection.address;
  impl_->token = connection.token;
  impl_->timeout = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!connection.server_name.empty()) arguments.SetSslTargetNameOverride(connection.server_name);
  impl_->channel =
      grpc::CreateCustomChannel(connection.address, credentials(connection), arguments);
  impl_->stub = v1::Control::NewStub(impl_->channel);
}

Client::~Client() = default;

Outcome Client::get_status(v1::Status& status) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->GetStatus(&context, {}, &status);
  });
}

Outcome Client::get_curve(v1::Curve& curve) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->GetCurve(&context, {}, &curve);
  });
}

Outcome Client::diagnose(v1::Diagnosis& diagnosis) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->Diagnose(&context, {}, &diagnosis);
  });
}

Outcome Client::export_windows(const std::function<bool(const std::string&)>& on_part) {
  return impl_->call(false, [&](grpc::ClientContext& context) {
    const auto stream = impl_->stub->ExportWindows(&context, {});
    v1::RecordingPart part;
    while (stream->Read(&part)) {
      if (on_part(part.data())) continue;
      context.TryCancel();
      stream->Finish();
      return grpc::Status(grpc::StatusCode::CANCELLED, "the recording could not be written");
    }
    return stream->Finish();
  });
}

Outcome Client::get_config(v1::Config& config) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->GetConfig(&context, {}, &config);
  });
}

Outcome Client::validate_config(const v1::ValidateConfigRequest& request,
                                v1::ConfigReview& review) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->ValidateConfig(&context, request, &review);
  });
}

Outcome Client::apply_config(const v1::ApplyConfigRequest& request, v1::ConfigReview& review) {
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->ApplyConfig(&context, request, &review);
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

// grpc.health.v1.Health has no stub in the C++ library. Its request may be empty, and its answer
// has one field: 1, the status, where 1 is SERVING.
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
  const auto& fields = google::protobuf::Empty::GetReflection()->GetUnknownFields(answer);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == status_field && field.varint() == serving) return {};
  }
  return {Exit::refused, "not serving: it drains"};
}

Outcome Client::drain(const v1::LifecycleDrainRequest& request,
                      v1::LifecycleDrainResponse& response) {
  return impl_->call(!request.wait(), [&](grpc::ClientContext& context) {
    return v1::Lifecycle::NewStub(impl_->channel)->Drain(&context, request, &response);
  });
}

Outcome Client::list_verdicts(std::uint32_t count, v1::ListVerdictsResponse& verdicts) {
  v1::ListVerdictsRequest request;
  request.set_count(count);
  return impl_->call(true, [&](grpc::ClientContext& context) {
    return impl_->stub->ListVerdicts(&context, request, &verdicts);
  });
}

Outcome Client::watch(const v1::WatchRequest& request,
                      const std::function<bool(const v1::WatchEvent&)>& on_event) {
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
