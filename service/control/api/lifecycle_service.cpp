#include "service/control/api/lifecycle_service.hpp"

#include <grpcpp/grpcpp.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "service/control/api/api_refusal.hpp"
#include "service/control/api/gate.hpp"
#include "sweetspot/v1/lifecycle.grpc.pb.h"

namespace sweetspot::control {
namespace {

class LifecycleService final : public v1::Lifecycle::CallbackService {
 public:
  LifecycleService(boost::asio::io_context& loop, control::Drain& drain,
                   const AccessSettings& access)
      : loop_(loop), drain_(drain), gate_(access) {}

 private:
  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context,
                                  const v1::LifecycleDrainRequest* request,
                                  v1::LifecycleDrainResponse* response) override {
    auto* reactor = context->DefaultReactor();
    const auto caller = gate_.admit(*context, Role::operator_);
    const auto fault = judge_length("comment", request->comment(), longest_comment);
    if (!caller.status.ok() || fault) {
      reactor->Finish(fault && caller.status.ok() ? *fault : caller.status);
      return reactor;
    }
    const auto answer = [reactor, response](bool drained, bool clean) {
      response->set_drained(drained);
      response->set_clean(clean);
      reactor->Finish(grpc::Status::OK);
    };
    const Order order(request->comment(), caller.name);
    boost::asio::post(loop_, [this, wait = request->wait(), order, answer] {
      drain_.begin(order);
      if (wait || drain_.state() == control::Drain::State::drained)
        drain_.when_drained([answer](bool clean) { answer(true, clean); });
      else
        answer(false, false);
    });
    return reactor;
  }

  boost::asio::io_context& loop_;
  control::Drain& drain_;
  Gate gate_;
};

}  // namespace

std::shared_ptr<grpc::Service> make_lifecycle_service(boost::asio::io_context& loop, Drain& drain,
                                                      const AccessSettings& access) {
  return std::make_shared<LifecycleService>(loop, drain, access);
}

}  // namespace sweetspot::control
