#include "service/control/control_api.hpp"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "service/control/api_messages.hpp"
#include "service/control/watch_hub.hpp"
#include "service/platform/process.hpp"
#include "service/platform/units.hpp"
#include "sweetspot/v1/control.grpc.pb.h"

namespace sweetspot::control {
namespace {

constexpr std::size_t longest_comment = 1000;
constexpr std::uint32_t shortest_interval_ms = 50, longest_interval_ms = 60000;
constexpr int largest_message = 64 * 1024;
constexpr int most_streams = 2048;  // of one connection; WatchHub bounds the watchers of all
constexpr std::size_t memory_quota = 64 * 1024 * 1024;

grpc::Status status_of(const Refusal& refusal) {
  const auto code = refusal.kind == Refusal::Kind::out_of_range
                        ? grpc::StatusCode::INVALID_ARGUMENT
                        : grpc::StatusCode::FAILED_PRECONDITION;
  return {code, refusal.message};
}

std::optional<grpc::Status> judge_comment(const std::string& comment) {
  if (comment.size() <= longest_comment) return {};
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                      "comment: found " + std::to_string(comment.size()) +
                          " bytes, allowed: at most " + std::to_string(longest_comment));
}

class Service final : public v1::Control::CallbackService {
 public:
  Service(boost::asio::io_context& loop, TuningLoop& tuning, std::optional<int> backend_pid)
      : loop_(loop),
        tuning_(tuning),
        backend_pid_(backend_pid),
        hub_(std::make_shared<WatchHub>(loop, [this] { return status(); })) {
    tuning.steering().on_decision(
        [hub = hub_](const Decision& decision) { hub->publish(to_message(decision)); });
  }

  void end_watches() {
    boost::asio::post(loop_, [hub = hub_] {
      hub->end_all({grpc::StatusCode::UNAVAILABLE, "the sidecar stops"});
    });
  }

 private:
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest*,
                                      v1::Status* response) override {
    auto* reactor = context->DefaultReactor();
    tuning_.post([=, this](Steering&, TimePoint) {
      *response = status();
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* SetLimit(grpc::CallbackServerContext* context,
                                     const v1::SetLimitRequest* request,
                                     v1::Status* response) override {
    return order(context, request->comment(), response,
                 [limit = request->limit(), comment = request->comment()](
                     Steering& steering, TimePoint now) {
                   return steering.pin(limit, comment, now);
                 });
  }

  grpc::ServerUnaryReactor* Retune(grpc::CallbackServerContext* context,
                                   const v1::RetuneRequest* request,
                                   v1::Status* response) override {
    return order(context, request->comment(), response,
                 [comment = request->comment()](Steering& steering, TimePoint now) {
                   return steering.retune(comment, now);
                 });
  }

  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override {
    const std::uint32_t interval_ms = request->status_interval_ms();
    const auto self = std::make_shared<const Watcher*>();
    auto watcher = Watcher::make(*context, std::chrono::milliseconds(interval_ms),
                                 [this, self] { forget(*self); });
    *self = watcher.get();
    if (interval_ms != 0 &&
        (interval_ms < shortest_interval_ms || interval_ms > longest_interval_ms)) {
      watcher->end({grpc::StatusCode::INVALID_ARGUMENT,
                    "status_interval_ms: found " + std::to_string(interval_ms) +
                        ", allowed: 0, or " + std::to_string(shortest_interval_ms) + " to " +
                        std::to_string(longest_interval_ms)},
                   std::chrono::steady_clock::now());
    } else {
      boost::asio::post(loop_, [hub = hub_, watcher] { hub->add(watcher); });
    }
    return watcher.get();
  }

  template <class Order>
  grpc::ServerUnaryReactor* order(grpc::CallbackServerContext* context, const std::string& comment,
                                  v1::Status* response, Order carry_out) {
    auto* reactor = context->DefaultReactor();
    if (const auto fault = judge_comment(comment)) {
      reactor->Finish(*fault);
      return reactor;
    }
    tuning_.post_order([=, this](Steering& steering, TimePoint now) {
      const auto refusal = carry_out(steering, now);
      if (!refusal) *response = status();
      reactor->Finish(refusal ? status_of(*refusal) : grpc::Status::OK);
    });
    return reactor;
  }

  // On the loop's thread.
  v1::Status status() const {
    int threads = 0;
    if (backend_pid_)
      if (const auto process = platform::status_of(*backend_pid_)) threads = process->threads;
    return to_message(tuning_.steering().status(std::chrono::steady_clock::now()), threads);
  }

  void forget(const Watcher* watcher) {
    boost::asio::post(loop_, [hub = hub_, watcher] { hub->remove(watcher); });
  }

  boost::asio::io_context& loop_;
  TuningLoop& tuning_;
  std::optional<int> backend_pid_;
  std::shared_ptr<WatchHub> hub_;
};

// What goes wrong is seen in return values; gRPC's own lines would only break the log's format.
void silence_grpc() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

struct ControlApi::Impl {
  Impl(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings given)
      : settings(std::move(given)), service(loop, tuning, settings.backend_pid) {}
  ApiSettings settings;
  Service service;
  std::vector<std::shared_ptr<grpc::Service>> others;
  std::unique_ptr<grpc::Server> server;
};

ControlApi::ControlApi(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings settings)
    : impl_(std::make_unique<Impl>(loop, tuning, std::move(settings))) {}

ControlApi::~ControlApi() = default;

void ControlApi::add(std::shared_ptr<grpc::Service> service) {
  impl_->others.push_back(std::move(service));
}

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
  for (const auto& service : impl_->others) builder.RegisterService(service.get());
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
