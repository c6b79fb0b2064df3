// A script of calls to the control API: for each a byte that chooses the method, one that says how
// long its message is, and the message as protobuf writes it. Whatever comes, each call is answered
// once, with a canonical status, and the limit stays within its bounds.

#include <grpcpp/test/default_reactor_test_peer.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "service/control/api/api_service.hpp"

using namespace sweetspot;
using namespace sweetspot::control;

namespace {

using Service = v1::Control::CallbackService;

void require(bool holds) {
  if (!holds) std::abort();
}

// The tuner with its limiter and the calls, on a loop that the fuzzer turns.
struct Api {
  boost::asio::io_context loop;
  Recorders recorders;
  admission::Limiter limiter{{}, 8, std::chrono::steady_clock::now()};
  TuningLoop tuning{loop, {}, limiter, recorders};
  ApiService calls{loop, tuning, {}};
};

template <class Class, class Request, class Response>
using Method = grpc::ServerUnaryReactor* (Class::*)(grpc::CallbackServerContext*, const Request*,
                                                    Response*);

// One call from its bytes, as gRPC would make it.
template <class Class, class Request, class Response>
void call(Api& api, std::string_view bytes, Method<Class, Request, Response> method) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  Response response;
  grpc::CallbackServerContext context;
  int answers = 0;
  grpc::Status status;
  grpc::testing::DefaultReactorTestPeer peer(&context, [&](grpc::Status end) {
    ++answers;
    status = std::move(end);
  });
  (static_cast<Class&>(api.calls).*method)(&context, &request, &response);
  api.loop.poll();
  api.loop.restart();
  require(answers == 1);
  require(status.error_code() >= 0 && status.error_code() <= 16);
  require(status.ok() || !status.error_message().empty());
  (void)response.SerializeAsString();
}

using Call = void (*)(Api&, std::string_view);
constexpr std::array<Call, 16> calls{
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::GetStatus); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::ListVerdicts); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::GetCurve); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Diagnose); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::GetConfig); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::ValidateConfig); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::ApplyConfig); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::SetLimit); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Unpin); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Rollback); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::SetBounds); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Retune); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Pause); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::Resume); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::SetObjective); },
    [](Api& api, std::string_view bytes) { call(api, bytes, &Service::SetMode); }};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Api api;
  api.recorders.push_back(std::make_unique<Recorder>());
  api.tuning.start();
  std::string_view script(reinterpret_cast<const char*>(data), size);
  while (script.size() >= 2) {
    const auto method = static_cast<unsigned char>(script[0]);
    const auto length = static_cast<unsigned char>(script[1]);
    const std::string_view message = script.substr(2, length);
    script.remove_prefix(2 + message.size());
    calls[method % calls.size()](api, message);
    const auto now = api.tuning.steering().status(std::chrono::steady_clock::now());
    require(now.limit >= now.limit_min && now.limit <= now.limit_max);
  }
  api.tuning.stop();
  api.loop.poll();
  return 0;
}
