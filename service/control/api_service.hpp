#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/control/control_api.hpp"
#include "service/control/gate.hpp"
#include "service/control/watch_hub.hpp"
#include "sweetspot/v1/control.grpc.pb.h"

namespace sweetspot::control {

// The calls of the contract. Each becomes a message on the control loop and is answered from there;
// only what is wrong with a request by itself is answered at once, on gRPC's thread.
class ApiService final : public v1::Control::CallbackService {
 public:
  ApiService(boost::asio::io_context& loop, TuningLoop& tuning, const ApiSettings& settings);

  void end_watches();
  Gate& gate() { return gate_; }

 private:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  using Question = std::function<grpc::Status(Steering&, TimePoint)>;
  using CarryOut = std::function<Steering::Answer(Steering&, Order, TimePoint)>;

  Reactor* GetStatus(Context*, const v1::GetStatusRequest*, v1::Status*) override;
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(Context*, const v1::WatchRequest*) override;
  Reactor* ListVerdicts(Context*, const v1::ListVerdictsRequest*,
                        v1::ListVerdictsResponse*) override;
  Reactor* GetCurve(Context*, const v1::GetCurveRequest*, v1::Curve*) override;
  Reactor* Diagnose(Context*, const v1::DiagnoseRequest*, v1::Diagnosis*) override;
  grpc::ServerWriteReactor<v1::RecordingPart>* ExportWindows(
      Context*, const v1::ExportWindowsRequest*) override;
  Reactor* GetConfig(Context*, const v1::GetConfigRequest*, v1::Config*) override;
  Reactor* ValidateConfig(Context*, const v1::ValidateConfigRequest*, v1::ConfigReview*) override;
  Reactor* ApplyConfig(Context*, const v1::ApplyConfigRequest*, v1::ConfigReview*) override;
  Reactor* SetLimit(Context*, const v1::SetLimitRequest*, v1::Status*) override;
  Reactor* Unpin(Context*, const v1::OrderRequest*, v1::Status*) override;
  Reactor* Rollback(Context*, const v1::RollbackRequest*, v1::Status*) override;
  Reactor* SetBounds(Context*, const v1::SetBoundsRequest*, v1::Status*) override;
  Reactor* Retune(Context*, const v1::RetuneRequest*, v1::Status*) override;
  Reactor* Pause(Context*, const v1::OrderRequest*, v1::Status*) override;
  Reactor* Resume(Context*, const v1::OrderRequest*, v1::Status*) override;
  Reactor* SetObjective(Context*, const v1::SetObjectiveRequest*, v1::Status*) override;
  Reactor* SetMode(Context*, const v1::SetModeRequest*, v1::Status*) override;

  // Every plain question: who may ask it, then `question` on the loop.
  Reactor* answer(Context* context, Question question);
  // Every order: who may give it, what is wrong with the request by itself (`fault`, where anything
  // is), whether it is a retry, then `carry_out` on the loop.
  template <class Request>
  Reactor* order(Context* context, const Request& request, v1::Status* response,
                 std::optional<grpc::Status> fault, CarryOut carry_out);
  static Reactor* finish(Context* context, const grpc::Status& status);
  bool is_retry(const std::string& request_id) const;
  void remember(const std::string& request_id);
  v1::Status status() const;  // on the loop's thread
  void forget(const Watcher* watcher);

  void resume(const std::shared_ptr<Watcher>& watcher, std::uint64_t after_sequence);

  boost::asio::io_context& loop_;
  Gate gate_;
  TuningLoop& tuning_;
  platform::ReadProcess backend_;
  RunDiagnosis diagnose_;
  ConfigurationCalls configuration_;
  std::function<std::vector<AddressStatus>()> addresses_;
  std::function<std::vector<std::string>()> recording_;
  std::atomic<int> exports_{0};          // under way: each holds files open
  std::deque<std::string> request_ids_;  // of the last orders that were carried out
  std::shared_ptr<WatchHub> hub_;
};

}  // namespace sweetspot::control
