#include "service/control/control_api.hpp"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <utility>

#include "service/control/api_service.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::control {
namespace {

constexpr int largest_message = 64 * 1024;
constexpr int most_streams = 2048;  // of one connection; WatchHub bounds the watchers of all
constexpr std::size_t memory_quota = 64 * 1024 * 1024;

// What goes wrong is seen in return values; gRPC's own lines would only break the log's format.
void silence_grpc() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

struct ControlApi::Impl {
  Impl(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings given)
      : settings(std::move(given)), service(loop, tuning, settings) {}
  ApiSettings settings;
  ApiService service;
  std::unique_ptr<grpc::Server> server;
};

ControlApi::ControlApi(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings settings)
    : impl_(std::make_unique<Impl>(loop, tuning, std::move(settings))) {}

ControlApi::~ControlApi() = default;

ControlApi::Bound ControlApi::start() {
  silence_grpc();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  const std::string address =
      platform::format_endpoint({.host = impl_->settings.host, .port = impl_->settings.port});
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  // Otherwise a second instance would share the port and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_streams);
  builder.SetMaxReceiveMessageSize(largest_message);
  // Health's and reflection's synchronous calls: one poller.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  grpc::ResourceQuota quota("control");
  quota.Resize(memory_quota).SetMaxThreads(4);
  builder.SetResourceQuota(quota);
  builder.RegisterService(&impl_->service);
  impl_->server = builder.BuildAndStart();
  if (!impl_->server || port == 0) return {0, address + ": cannot bind"};
  return {static_cast<std::uint16_t>(port), {}};
}

void ControlApi::set_draining() {
  if (!impl_->server) return;
  if (auto* health = impl_->server->GetHealthCheckService()) health->SetServingStatus(false);
}

void ControlApi::stop() {
  if (!impl_->server) return;
  impl_->service.end_watches();
  impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  impl_->server->Wait();
}

}  // namespace sweetspot::control
