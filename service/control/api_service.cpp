#include "service/control/api_service.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "service/control/api_messages.hpp"
#include "service/control/api_refusal.hpp"
#include "service/control/file_sender.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::control {
namespace {

using std::chrono::milliseconds;

constexpr int most_exports = 4;
constexpr std::uint32_t shortest_interval_ms = 50, longest_interval_ms = 60000;

std::string range(std::uint64_t low, std::uint64_t high) {
  return std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

ApiService::ApiService(boost::asio::io_context& loop, TuningLoop& tuning,
                       const ApiSettings& settings)
    : loop_(loop),
      gate_(settings.access),
      tuning_(tuning),
      backend_(settings.backend),
      diagnose_(settings.diagnose),
      configuration_(settings.configuration),
      addresses_(settings.addresses),
      recording_(settings.recording),
      hub_(std::make_shared<WatchHub>(loop, [this] { return status(); })) {
  tuning.steering().on_decision(
      [hub = hub_](const Decision& decision) { hub->publish(to_message(decision)); });
}

void ApiService::end_watches() {
  boost::asio::post(loop_, [hub = hub_] {
    hub->end_all({grpc::StatusCode::UNAVAILABLE, "the sidecar stops"});
  });
}

ApiService::Reactor* ApiService::GetStatus(Context* context, const v1::GetStatusRequest*,
                                           v1::Status* response) {
  return answer(context, [=, this](Steering&, TimePoint) {
    *response = status();
    return grpc::Status::OK;
  });
}

ApiService::Reactor* ApiService::GetCurve(Context* context, const v1::GetCurveRequest*,
                                          v1::Curve* response) {
  return answer(context, [=](Steering& steering, TimePoint now) {
    *response = to_message(steering.learnt_curve(now));
    return grpc::Status::OK;
  });
}

ApiService::Reactor* ApiService::Diagnose(Context* context, const v1::DiagnoseRequest*,
                                          v1::Diagnosis* response) {
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok()) return finish(context, caller.status);
  if (!diagnose_) return finish(context, {grpc::StatusCode::UNIMPLEMENTED, "no doctor here"});
  auto* reactor = context->DefaultReactor();
  tuning_.post([=, this](Steering&, TimePoint) {
    const bool began = diagnose_([=](const std::vector<platform::Finding>& findings) {
      *response = to_message(findings);
      reactor->Finish(grpc::Status::OK);
    });
    if (!began) reactor->Finish({grpc::StatusCode::ABORTED, "another diagnosis runs"});
  });
  return reactor;
}

ApiService::Reactor* ApiService::GetConfig(Context* context, const v1::GetConfigRequest*,
                                           v1::Config* response) {
  return answer(context, [=, this](Steering&, TimePoint) {
    *response = to_message(configuration_.keys());
    return grpc::Status::OK;
  });
}

ApiService::Reactor* ApiService::ValidateConfig(Context* context,
                                                const v1::ValidateConfigRequest* request,
                                                v1::ConfigReview* response) {
  return answer(context, [=, this](Steering&, TimePoint) {
    *response = to_message(configuration_.validate(request->document()));
    return grpc::Status::OK;
  });
}

ApiService::Reactor* ApiService::ListVerdicts(Context* context,
                                              const v1::ListVerdictsRequest* request,
                                              v1::ListVerdictsResponse* response) {
  return answer(context, [=, count = request->count()](Steering& steering, TimePoint) {
    const auto& entries = steering.decisions().entries();
    const std::size_t wanted = count == 0 ? entries.size() : count;
    for (std::size_t i = entries.size() - std::min(wanted, entries.size()); i < entries.size(); ++i)
      *response->add_verdicts() = to_message(entries[i]);
    return grpc::Status::OK;
  });
}

grpc::ServerWriteReactor<v1::RecordingPart>* ApiService::ExportWindows(
    Context* context, const v1::ExportWindowsRequest*) {
  const bool are_too_many = ++exports_ > most_exports;
  auto* sender = new FileSender([this] { --exports_; });
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok())
    sender->refuse(caller.status);
  else if (are_too_many)
    sender->refuse({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many exports at a time"});
  else if (!recording_)
    sender->refuse(
        {grpc::StatusCode::FAILED_PRECONDITION, "nothing is recorded: set recording.file"});
  else
    tuning_.post([=, this](Steering&, TimePoint) { sender->send(recording_()); });
  return sender;
}

grpc::ServerWriteReactor<v1::WatchEvent>* ApiService::Watch(Context* context,
                                                            const v1::WatchRequest* request) {
  const std::uint32_t interval_ms = request->status_interval_ms();
  const auto self = std::make_shared<const Watcher*>();
  auto watcher =
      Watcher::make(*context, milliseconds(interval_ms), [this, self] { forget(*self); });
  *self = watcher.get();
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok()) {
    watcher->end(caller.status, std::chrono::steady_clock::now());
  } else if (interval_ms != 0 &&
             (interval_ms < shortest_interval_ms || interval_ms > longest_interval_ms)) {
    watcher->end(invalid("status_interval_ms", std::to_string(interval_ms),
                         "0, or " + range(shortest_interval_ms, longest_interval_ms)),
                 std::chrono::steady_clock::now());
  } else {
    boost::asio::post(
        loop_, [this, watcher, after = request->after_sequence()] { resume(watcher, after); });
  }
  return watcher.get();
}

void ApiService::resume(const std::shared_ptr<Watcher>& watcher, std::uint64_t after_sequence) {
  std::deque<Watcher::Event> missed;
  const auto& entries = tuning_.steering().decisions().entries();
  if (after_sequence != 0 && !entries.empty()) {
    const auto oldest = entries.front().verdict.sequence, newest = entries.back().verdict.sequence;
    if (after_sequence + 1 < oldest || after_sequence > newest)
      return watcher->end(refused(grpc::StatusCode::OUT_OF_RANGE,
                                  "after_sequence: found " + std::to_string(after_sequence) +
                                      ", kept: " + range(oldest, newest),
                                  "after_sequence"),
                          std::chrono::steady_clock::now());
    for (const Decision& decision : entries) {
      if (decision.verdict.sequence <= after_sequence) continue;
      auto event = std::make_shared<v1::WatchEvent>();
      *event->mutable_verdict() = to_message(decision);
      missed.push_back(std::move(event));
    }
  }
  hub_->add(watcher, std::move(missed));
}

ApiService::Reactor* ApiService::answer(Context* context, Question question) {
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok()) return finish(context, caller.status);
  auto* reactor = context->DefaultReactor();
  tuning_.post([reactor, question = std::move(question)](Steering& steering, TimePoint now) {
    reactor->Finish(question(steering, now));
  });
  return reactor;
}

ApiService::Reactor* ApiService::finish(Context* context, const grpc::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

v1::Status ApiService::status() const {
  const auto backend = backend_ ? backend_() : std::nullopt;
  auto status = tuning_.steering().status(std::chrono::steady_clock::now());
  if (addresses_) status.addresses = addresses_();
  return to_message(status, backend ? backend->threads : 0);
}

void ApiService::forget(const Watcher* watcher) {
  boost::asio::post(loop_, [hub = hub_, watcher] { hub->remove(watcher); });
}

}  // namespace sweetspot::control
