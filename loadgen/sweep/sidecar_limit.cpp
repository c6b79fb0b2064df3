#include "loadgen/sweep/sidecar_limit.hpp"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include "loadgen/text/format.hpp"
#include "loadgen/text/user_file.hpp"
#include "sweetspot/v1/control.grpc.pb.h"

namespace sweetspot::loadgen {
namespace {

constexpr auto patience = std::chrono::seconds(5);  // of a call
constexpr const char* comment = "sweetspot-load sweep";

std::string text_of(const std::string& file) { return content_of(file).value.value_or(""); }

std::string token_of(const Via& via) {
  std::string token = text_of(via.token_file);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  return token;
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const Via& via) {
  if (via.ca.empty()) return grpc::InsecureChannelCredentials();
  const std::string& key = via.key.empty() ? via.certificate : via.key;
  return grpc::SslCredentials({.pem_root_certs = text_of(via.ca),
                               .pem_private_key = text_of(key),
                               .pem_cert_chain = text_of(via.certificate)});
}

std::int64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

struct SidecarLimit::Impl {
  template <class Call>
  std::string call(Call method) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    context.set_deadline(std::chrono::system_clock::now() + patience);
    const grpc::Status status = method(context);
    return status.ok() ? std::string()
                       : "the sidecar at " + address + ": " + status.error_message();
  }

  std::string set_limit(int limit, std::uint64_t expires_after_ms) {
    v1::SetLimitRequest request;
    request.set_limit(limit);
    request.set_comment(comment);
    request.set_expires_after_ms(expires_after_ms);
    v1::Status status;
    return call(
        [&](grpc::ClientContext& context) { return stub->SetLimit(&context, request, &status); });
  }

  std::string unpin() {
    v1::OrderRequest request;
    request.set_comment(comment);
    v1::Status status;
    return call(
        [&](grpc::ClientContext& context) { return stub->Unpin(&context, request, &status); });
  }

  std::string get_status(v1::Status& status) {
    return call(
        [&](grpc::ClientContext& context) { return stub->GetStatus(&context, {}, &status); });
  }

  std::string address, token;
  std::unique_ptr<v1::Control::Stub> stub;
  v1::Status before;  // the sidecar as it was found
  bool moved = false;
};

SidecarLimit::SidecarLimit(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SidecarLimit::~SidecarLimit() { put_back(); }

platform::Parsed<std::unique_ptr<SidecarLimit>> SidecarLimit::reach(const Via& via, int from,
                                                                    int to) {
  gpr_set_log_function([](gpr_log_func_args*) {});  // what goes wrong is in the call's status
  auto impl = std::make_unique<Impl>();
  impl->address = via.address;
  if (!via.token_file.empty()) impl->token = token_of(via);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  impl->stub =
      v1::Control::NewStub(grpc::CreateCustomChannel(via.address, credentials_of(via), arguments));
  if (auto wrong = impl->get_status(impl->before); !wrong.empty()) return {{}, std::move(wrong)};
  const auto& before = impl->before;
  if (before.mode() != "enforce") {
    return {{},
            "the sidecar at " + via.address + " is in mode " + before.mode() +
                ": its limit limits nothing"};
  }
  if (from < before.limit_min() || to > before.limit_max()) {
    return {{},
            format("the sidecar at %s allows limits from %d to %d, not %d to %d",
                   via.address.c_str(), before.limit_min(), before.limit_max(), from, to)};
  }
  return {std::unique_ptr<SidecarLimit>(new SidecarLimit(std::move(impl))), {}};
}

std::string SidecarLimit::pin(int limit, Duration expires_after) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(expires_after).count();
  impl_->moved = true;
  return impl_->set_limit(limit, static_cast<std::uint64_t>(ms));
}

std::string SidecarLimit::look(Seen& seen) {
  v1::Status status;
  auto wrong = impl_->get_status(status);
  if (!wrong.empty()) return wrong;
  seen = {.limit = status.limit(),
          .in_flight = status.in_flight(),
          .p50 = tuner::from_seconds(status.p50_ms() / 1e3),
          .p99 = tuner::from_seconds(status.p99_ms() / 1e3)};
  return {};
}

std::string SidecarLimit::put_back() {
  if (!impl_->moved) return {};
  impl_->moved = false;
  const auto& before = impl_->before;
  const std::int64_t end = before.pin_expires_unix_ms();
  const std::int64_t left = end - unix_ms_now();
  const bool was_pinned = before.pinned() && (end == 0 || left >= 1000);
  auto wrong = impl_->set_limit(before.held_limit(),
                                was_pinned && end > 0 ? static_cast<std::uint64_t>(left) : 0);
  if (!was_pinned && wrong.empty()) wrong = impl_->unpin();
  return wrong;
}

}  // namespace sweetspot::loadgen
