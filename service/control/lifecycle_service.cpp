#include "service/control/lifecycle_service.hpp"

#include <grpcpp/grpcpp.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "sweetspot/v1/lifecycle.grpc.pb.h"

namespace sweetspot::control {
namespace {

class LifecycleService final : public v1::Lifecycle::CallbackService {
 public:
  LifecycleService(boost::asio::io_context& loop, control::Drain& drain)
      : loop_(loop), drain_(drain) {}

 private:
  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context,
                                  const v1::LifecycleDrainRequest* request,
                                  v1::LifecycleDrainResponse* response) override {
    auto* reactor = context->DefaultReactor();
    const auto answer = [reactor, response](bool drained, bool clean) {
      response->set_drained(drained);
      response->set_clean(clean);
      reactor->Finish(grpc::Status::OK);
    };
    boost::asio::post(loop_, [this, wait = request->wait(), answer] {
      drain_.begin();
      if (wait || drain_.state() == control::Drain::State::drained)
        drain_.when_drained([answer](bool clean) { answer(true, clean); });
      else
        answer(false, false);
    });
    return reactor;
  }

  boost::asio::io_context& loop_;
  control::Drain& drain_;
};

}  // namespace

std::shared_ptr<grpc::Service> make_lifecycle_service(boost::asio::io_context& loop, Drain& drain) {
  return std::make_shared<LifecycleService>(loop, drain);
}

}  // namespace sweetspot::control
