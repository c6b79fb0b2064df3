#include <algorithm>
#include <cmath>
#include <utility>

#include "service/control/api/api_messages.hpp"
#include "service/control/api/api_refusal.hpp"
#include "service/control/api/api_service.hpp"

// The calls that change something.
namespace sweetspot::control {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t longest_request_id = 64;
constexpr std::size_t request_ids_kept = 256;
constexpr std::uint64_t shortest_pin_ms = 1000, longest_pin_ms = 30ull * 24 * 3600 * 1000;
constexpr double least_bound_ms = 1, largest_bound_ms = 600000;

std::string range(std::uint64_t low, std::uint64_t high) {
  return std::to_string(low) + " to " + std::to_string(high);
}

template <class Request>
std::optional<grpc::Status> judge_texts(const Request& request) {
  const auto fault = judge_length("comment", request.comment(), longest_comment);
  return fault ? fault : judge_length("request_id", request.request_id(), longest_request_id);
}

std::optional<grpc::Status> judge_expiry(std::uint64_t ms) {
  if (ms == 0 || (ms >= shortest_pin_ms && ms <= longest_pin_ms)) return {};
  return invalid("expires_after_ms", std::to_string(ms),
                 "0, or " + range(shortest_pin_ms, longest_pin_ms));
}

// Asked for before judge_expiry() has refused it, too, so that it must not overflow.
std::optional<Duration> expiry(std::uint64_t ms) {
  if (ms == 0) return {};
  return milliseconds(std::min(ms, longest_pin_ms));
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

template <class Request>
ApiService::Reactor* ApiService::order(Context* context, const Request& request,
                                       v1::Status* response, std::optional<grpc::Status> fault,
                                       CarryOut carry_out) {
  const auto caller = gate_.admit(*context, Role::operator_);
  if (!caller.status.ok()) return finish(context, caller.status);
  if (!fault) fault = judge_texts(request);
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

// A retry is told what is still to be done: nothing, unless somebody else was there meanwhile.
ApiService::Reactor* ApiService::ApplyConfig(Context* context,
                                             const v1::ApplyConfigRequest* request,
                                             v1::ConfigReview* response) {
  const auto caller = gate_.admit(*context, Role::operator_);
  if (!caller.status.ok()) return finish(context, caller.status);
  if (const auto fault = judge_texts(*request)) return finish(context, *fault);
  auto* reactor = context->DefaultReactor();
  const Order given(request->comment(), caller.name, request->request_id());
  tuning_.post_order([=, this](Steering&, TimePoint) {
    const auto result = is_retry(given.request_id)
                            ? configuration_.validate(request->document())
                            : configuration_.apply(request->document(), given);
    if (!result.accepted()) return reactor->Finish(refused_document(result.errors));
    remember(given.request_id);
    // After the orders that it has become.
    tuning_.post([=](Steering&, TimePoint) {
      *response = to_message(result);
      reactor->Finish(grpc::Status::OK);
    });
  });
  return reactor;
}

bool ApiService::is_retry(const std::string& request_id) const {
  return !request_id.empty() &&
         std::find(request_ids_.begin(), request_ids_.end(), request_id) != request_ids_.end();
}

void ApiService::remember(const std::string& request_id) {
  if (request_id.empty() || is_retry(request_id)) return;
  request_ids_.push_back(request_id);
  if (request_ids_.size() > request_ids_kept) request_ids_.pop_front();
}

ApiService::Reactor* ApiService::SetLimit(Context* context, const v1::SetLimitRequest* request,
                                          v1::Status* response) {
  return order(context, *request, response, judge_expiry(request->expires_after_ms()),
               [limit = request->limit(), lasts = expiry(request->expires_after_ms())](
                   Steering& steering, Order order, TimePoint now) {
                 return steering.pin(limit, std::move(order), now, lasts);
               });
}

ApiService::Reactor* ApiService::Unpin(Context* context, const v1::OrderRequest* request,
                                       v1::Status* response) {
  return order(context, *request, response, {}, [](Steering& steering, Order order, TimePoint now) {
    return steering.unpin(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Rollback(Context* context, const v1::RollbackRequest* request,
                                          v1::Status* response) {
  return order(context, *request, response, judge_expiry(request->expires_after_ms()),
               [sequence = request->sequence(), lasts = expiry(request->expires_after_ms())](
                   Steering& steering, Order order, TimePoint now) {
                 return steering.roll_back(sequence, std::move(order), now, lasts);
               });
}

ApiService::Reactor* ApiService::SetBounds(Context* context, const v1::SetBoundsRequest* request,
                                           v1::Status* response) {
  return order(context, *request, response, {},
               [change = bounds_of(*request)](Steering& steering, Order order, TimePoint now) {
                 return steering.set_bounds(change, std::move(order), now);
               });
}

ApiService::Reactor* ApiService::Retune(Context* context, const v1::RetuneRequest* request,
                                        v1::Status* response) {
  return order(context, *request, response, {}, [](Steering& steering, Order order, TimePoint now) {
    return steering.retune(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Pause(Context* context, const v1::OrderRequest* request,
                                       v1::Status* response) {
  return order(context, *request, response, {}, [](Steering& steering, Order order, TimePoint now) {
    return steering.pause(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::Resume(Context* context, const v1::OrderRequest* request,
                                        v1::Status* response) {
  return order(context, *request, response, {}, [](Steering& steering, Order order, TimePoint now) {
    return steering.resume(std::move(order), now);
  });
}

ApiService::Reactor* ApiService::SetObjective(Context* context,
                                              const v1::SetObjectiveRequest* request,
                                              v1::Status* response) {
  const auto objective = tuner::objective_from(request->objective());
  const double ms = request->p99_bound_ms();
  std::optional<grpc::Status> fault;
  std::optional<Duration> bound;
  if (!objective)
    fault = invalid("objective", request->objective(), "balanced, throughput, latency");
  else if (ms != 0 && !(ms >= least_bound_ms && ms <= largest_bound_ms))
    fault = invalid("p99_bound_ms", std::to_string(ms), "1 to 600000");
  else if (ms != 0)
    bound = std::chrono::microseconds(std::llround(ms * 1000));
  return order(context, *request, response, std::move(fault),
               [=](Steering& steering, Order order, TimePoint now) {
                 return steering.set_objective(*objective, bound, std::move(order), now);
               });
}

ApiService::Reactor* ApiService::SetMode(Context* context, const v1::SetModeRequest* request,
                                         v1::Status* response) {
  const auto mode = mode_from(request->mode());
  std::optional<grpc::Status> fault;
  if (!mode) fault = invalid("mode", request->mode(), "enforce, shadow, off");
  return order(context, *request, response, std::move(fault),
               [=](Steering& steering, Order order, TimePoint now) {
                 return steering.set_mode(*mode, std::move(order), now);
               });
}

}  // namespace sweetspot::control
