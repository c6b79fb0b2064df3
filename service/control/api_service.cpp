#include "service/control/api_service.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cmath>
#include <utility>

#include "service/control/api_messages.hpp"
#include "service/control/api_refusal.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::control {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t longest_comment = 1000, longest_request_id = 64;
constexpr std::size_t request_ids_kept = 256;
constexpr std::uint32_t shortest_interval_ms = 50, longest_interval_ms = 60000;
constexpr std::uint64_t shortest_pin_ms = 1000, longest_pin_ms = 30ull * 24 * 3600 * 1000;
constexpr double least_bound_ms = 1, largest_bound_ms = 600000;

std::string range(std::uint64_t low, std::uint64_t high) {
  return std::to_string(low) + " to " + std::to_string(high);
}

std::optional<grpc::Status> judge_length(const char* field, const std::string& text,
                                         std::size_t longest) {
  if (text.size() <= longest) return {};
  return invalid(field, std::to_string(text.size()) + " bytes",
                 "at most " + std::to_string(longest));
}

std::optional<grpc::Status> judge_expiry(std::uint64_t ms) {
  if (ms == 0 || (ms >= shortest_pin_ms && ms <= longest_pin_ms)) return {};
  return invalid("expires_after_ms", std::to_string(ms),
                 "0, or " + range(shortest_pin_ms, longest_pin_ms));
}

std::optional<Duration> expiry(std::uint64_t ms) {
  if (ms == 0) return {};
  return milliseconds(ms);
}

std::optional<admission::Mode> mode_from(const std::string& name) {
  using admission::Mode;
  for (const Mode mode : {Mode::enforce, Mode::shadow, Mode::off})
    if (name == to_string(mode)) return mode;
  return {};
}

BoundsChange bounds_of(const v1::SetBoundsRequest& request) {
  BoundsChange change;
  if (request.min() != 0) change.min = request.min();
  if (request.max() != 0) change.max = request.max();
  return change;
}

}  // namespace

ApiService::ApiService(boost::asio::io_context& loop, TuningLoop& tuning,
                       const ApiSettings& settings)
    : loop_(loop),
      gate_(settings.access),
      tuning_(tuning),
      backend_pid_(settings.backend_pid),
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
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok()) return finish(context, caller.status);
  auto* reactor = context->DefaultReactor();
  tuning_.post([=, this](Steering&, TimePoint) {
    *response = status();
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

ApiService::Reactor* ApiService::ListVerdicts(Context* context,
                                              const v1::ListVerdictsRequest* request,
                                              v1::ListVerdictsResponse* response) {
  const auto caller = gate_.admit(*context, Role::reader);
  if (!caller.status.ok()) return finish(context, caller.status);
  auto* reactor = context->DefaultReactor();
  tuning_.post([=, count = request->count()](Steering& steering, TimePoint) {
    const auto& entries = steering.decisions().entries();
    const std::size_t wanted = count == 0 ? entries.size() : count;
    for (std::size_t i = entries.size() - std::min(wanted, entries.size()); i < entries.size(); ++i)
      *response->add_verdicts() = to_message(entries[i]);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

ApiService::Reactor* ApiService::SetLimit(Context* context, const v1::SetLimitRequest* request,
                                          v1::Status* response) {
  if (const auto fault = judge_expiry(request->expires_after_ms())) return finish(context, *fault);
  return order(context, *request, response,
               [limit = request->limit(), lasts = expiry(request->expires_after_ms())](
                   Steering& steering, Order order, TimePoint now) {
                 return steering.pin(limit, std::move(order), now, lasts);
               });
}

ApiService::Reactor* ApiService::Unpin(Context* context, const v1::OrderRequest* request,
                                       v1::Status* response) {
  return order(context, *request, response, [](Steering& steering, Order order, TimePoint now) {
    return steering.unpin(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Rollback(Context* context, const v1::RollbackRequest* request,
                                          v1::Status* response) {
  if (const auto fault = judge_expiry(request->expires_after_ms())) return finish(context, *fault);
  return order(context, *request, response,
               [sequence = request->sequence(), lasts = expiry(request->expires_after_ms())](
                   Steering& steering, Order order, TimePoint now) {
                 return steering.roll_back(sequence, std::move(order), now, lasts);
               });
}

ApiService::Reactor* ApiService::SetBounds(Context* context, const v1::SetBoundsRequest* request,
                                           v1::Status* response) {
  return order(context, *request, response,
               [change = bounds_of(*request)](Steering& steering, Order order, TimePoint now) {
                 return steering.set_bounds(change, std::move(order), now);
               });
}

ApiService::Reactor* ApiService::Retune(Context* context, const v1::RetuneRequest* request,
                                        v1::Status* response) {
  return order(context, *request, response, [](Steering& steering, Order order, TimePoint now) {
    return steering.retune(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Pause(Context* context, const v1::OrderRequest* request,
                                       v1::Status* response) {
  return order(context, *request, response, [](Steering& steering, Order order, TimePoint now) {
    return steering.pause(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Resume(Context* context, const v1::OrderRequest* request,
                                        v1::Status* response) {
  return order(context, *request, response, [](Steering& steering, Order order, TimePoint now) {
    return steering.resume(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::SetObjective(Context* context,
                                              const v1::SetObjectiveRequest* request,
                                              v1::Status* response) {
  const auto objective = tuner::objective_from(request->objective());
  if (!objective)
    return finish(context,
                  invalid("objective", request->objective(), "balanced, throughput, latency"));
  const double ms = request->p99_bound_ms();
  std::optional<Duration> bound;
  if (ms != 0) {
    if (!(ms >= least_bound_ms && ms <= largest_bound_ms))
      return finish(context, invalid("p99_bound_ms", std::to_string(ms), "1 to 600000"));
    bound = std::chrono::microseconds(std::llround(ms * 1000));
  }
  return order(context, *request, response,
               [=](Steering& steering, Order order, TimePoint now) {
                 return steering.set_objective(*objective, bound, std::move(order), now);
               });
}

ApiService::Reactor* ApiService::SetMode(Context* context, const v1::SetModeRequest* request,
                                         v1::Status* response) {
  const auto mode = mode_from(request->mode());
  if (!mode) return finish(context, invalid("mode", request->mode(), "enforce, shadow, off"));
  return order(context, *request, response,
               [=](Steering& steering, Order order, TimePoint now) {
                 return steering.set_mode(*mode, std::move(order), now);
               });
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
    boost::asio::post(loop_, [this, watcher, after = request->after_sequence()] {
      resume(watcher, after);
    });
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

template <class Request>
ApiService::Reactor* ApiService::order(Context* context, const Request& request,
                                       v1::Status* response, CarryOut carry_out) {
  auto fault = judge_length("comment", request.comment(), longest_comment);
  if (!fault) fault = judge_length("request_id", request.request_id(), longest_request_id);
  const auto caller = gate_.admit(*context, Role::operator_);
  if (!caller.status.ok()) return finish(context, caller.status);
  if (fault) return finish(context, *fault);
  auto* reactor = context->DefaultReactor();
  Order given(request.comment(), caller.name, request.request_id());
  tuning_.post_order([=, this](Steering& steering, TimePoint now) {
    Steering::Answer refusal;
    if (!is_retry(given.request_id)) refusal = carry_out(steering, given, now);
    if (!refusal) {
      remember(given.request_id);
      *response = status();
    }
    reactor->Finish(refusal ? refused(*refusal) : grpc::Status::OK);
  });
  return reactor;
}

ApiService::Reactor* ApiService::finish(Context* context, const grpc::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

bool ApiService::is_retry(const std::string& request_id) const {
  return !request_id.empty() && std::find(request_ids_.begin(), request_ids_.end(), request_id) !=
                                    request_ids_.end();
}

void ApiService::remember(const std::string& request_id) {
  if (request_id.empty() || is_retry(request_id)) return;
  request_ids_.push_back(request_id);
  if (request_ids_.size() > request_ids_kept) request_ids_.pop_front();
}

v1::Status ApiService::status() const {
  int threads = 0;
  if (const auto pid = backend_pid_ ? backend_pid_() : std::nullopt)
    if (const auto process = platform::status_of(*pid)) threads = process->threads;
  return to_message(tuning_.steering().status(std::chrono::steady_clock::now()), threads);
}

void ApiService::forget(const Watcher* watcher) {
  boost::asio::post(loop_, [hub = hub_, watcher] { hub->remove(watcher); });
}

}  // namespace sweetspot::control
