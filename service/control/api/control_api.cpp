#include "service/control/api/control_api.hpp"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "service/control/api/api_service.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::control {
namespace {

constexpr int largest_message = 64 * 1024;
constexpr int most_streams = 2048;  // of one connection; WatchHub bounds the watchers of all
constexpr int shortest_ping_ms =
    60 * 1000;  // of who has no call under way; two more often are forgiven
constexpr int below_the_data_path = 10;  // nice
constexpr int largest_metadata = 8 * 1024;
constexpr std::size_t memory_quota = 64 * 1024 * 1024;

void bound_connections(grpc::ServerBuilder& builder, const ConnectionBounds& bounds) {
  const auto set = [&](const char* argument, std::chrono::milliseconds bound) {
    builder.AddChannelArgument(argument, static_cast<int>(bound.count()));
  };
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, bounds.age);
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, bounds.grace);
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, bounds.idle);
  set(GRPC_ARG_KEEPALIVE_TIME_MS, bounds.keepalive);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, bounds.patience);
}

// What goes wrong is seen in return values; gRPC's own lines would only break the log's format.
void silence_grpc() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

// gRPC does not say it, so it is tried once more without.
std::string why_not_bound(const ApiSettings& settings) {
  using boost::asio::ip::tcp;
  if (settings.host.starts_with("unix:")) {
    const auto folder = std::filesystem::path(settings.host.substr(5)).parent_path();
    return ::access(folder.c_str(), W_OK | X_OK) == 0 ? "gRPC does not say why"
                                                      : std::strerror(errno);
  }
  boost::asio::io_context loop;
  boost::system::error_code error;
  const auto found =
      tcp::resolver(loop).resolve(settings.host, std::to_string(settings.port),
                                  tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) return error.message();
  tcp::acceptor acceptor(loop);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  return error ? error.message() : "gRPC does not say why";
}

}  // namespace

struct ControlApi::Impl {
  Impl(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings given)
      : settings(std::move(given)), service(loop, tuning, settings) {}

  Bound build();

  ApiSettings settings;
  ApiService service;
  std::vector<std::shared_ptr<grpc::Service>> others;
  std::unique_ptr<grpc::Server> server;
};

ControlApi::ControlApi(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings settings)
    : impl_(std::make_unique<Impl>(loop, tuning, std::move(settings))) {}

ControlApi::~ControlApi() = default;

void ControlApi::add(std::shared_ptr<grpc::Service> service) {
  impl_->others.push_back(std::move(service));
}

ControlApi::Bound ControlApi::Impl::build() {
  silence_grpc();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  if (const auto problem = judge_files(settings.access); !problem.empty()) return {0, problem};
  const bool is_socket = settings.host.starts_with("unix:");
  const std::string address =
      is_socket ? settings.host
                : platform::format_endpoint({.host = settings.host, .port = settings.port});
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, service.gate().credentials(), &port);
  // Otherwise a second instance would share the port and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_streams);
  bound_connections(builder, settings.connections);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             shortest_ping_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, largest_metadata);
  builder.SetMaxReceiveMessageSize(largest_message);
  // Health's and reflection's synchronous calls: one poller.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  grpc::ResourceQuota quota("control");
  quota.Resize(memory_quota).SetMaxThreads(4);
  builder.SetResourceQuota(quota);
  builder.RegisterService(&service);
  for (const auto& other : others) builder.RegisterService(other.get());
  // The owner alone may use a Unix socket; nothing else is created meanwhile.
  const mode_t usual = is_socket ? ::umask(0177) : 0;
  server = builder.BuildAndStart();
  if (is_socket) ::umask(usual);
  if (!server || (port == 0 && !is_socket))
    return {0, address + ": cannot bind: " + why_not_bound(settings)};
  return {static_cast<std::uint16_t>(port), {}};
}

// gRPC's threads are born of the one that starts its server, and inherit its priority.
ControlApi::Bound ControlApi::start() {
  Bound bound;
  std::thread([&] {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), below_the_data_path);
    bound = impl_->build();
  }).join();
  return bound;
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
