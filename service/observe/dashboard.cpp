#include "service/observe/dashboard.hpp"

#include <chrono>
#include <utility>

#include "service/observe/dashboard_assets.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::observe {
namespace {

using Clock = std::chrono::steady_clock;
using tuner::TimePoint;

constexpr auto shortest_pin = std::chrono::seconds(1);
constexpr auto longest_pin = std::chrono::hours(720);

control::Order signed_by_page(const Order& order) {
  return {order.comment, "page"};
}

std::int64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Dashboard::Dashboard(Sources sources)
    : from_(std::move(sources)),
      operator_(from_.token, actions()),
      facts_{.upstream = from_.upstream, .actions = operator_.actions()},
      history_(from_.limiter, from_.recorders, Clock::now()),
      feed_([this] { return hello(); }) {}

void Dashboard::add_to(Pages& pages) const {
  for (const Asset& asset : dashboard_assets())
    pages.emplace(asset.path, [&asset] {
      return Page{.content_type = std::string(asset.content_type),
                  .body = std::string(asset.content)};
    });
}

Posts Dashboard::posts() const {
  return {{"/api/order", [this](const Post& post) { return operator_.answer(post); }}};
}

Feeds Dashboard::feeds() {
  return {{"/events", &feed_}};
}

void Dashboard::each_second(tuner::TimePoint now) {
  const Moment current = moment(now);
  const Sample& sample = history_.take(current.status, now, unix_ms_now());
  if (feed_.is_watched()) feed_.publish(sample_event(current, sample, from_.recorders));
}

void Dashboard::on_decision() {
  if (!feed_.is_watched()) return;
  const auto& decisions = from_.tuning.steering().decisions().entries();
  feed_.publish(verdict_event(moment(Clock::now()), decisions));
}

std::map<std::string, CarryOut> Dashboard::actions() {
  using control::Steering;
  // One that is given nothing but why.
  const auto plain = [this](Steering::Answer (Steering::*order)(control::Order, TimePoint)) {
    return [this, order](const Order& asked) {
      return carried_out((from_.tuning.steering().*order)(signed_by_page(asked), Clock::now()));
    };
  };
  return {{"pin", [this](const Order& order) { return pin(order); }},
          {"unpin", plain(&Steering::unpin)},
          {"retune", plain(&Steering::retune)},
          {"pause", plain(&Steering::pause)},
          {"resume", plain(&Steering::resume)},
          {"log_level", [this](const Order& order) -> std::string {
             const auto level = log_level_from(order.level);
             if (!level) return "level: one of debug, info, warning, error";
             from_.set_log_level(*level);
             return {};
           }}};
}

std::string Dashboard::pin(const Order& order) {
  if (!order.limit) return "limit: a whole number is needed";
  std::optional<tuner::Duration> lasts;
  if (!order.lasts.empty()) {
    lasts = platform::parse_duration(order.lasts).value;
    if (!lasts || *lasts < shortest_pin || *lasts > longest_pin)
      return "for: a duration from 1s to 720h";
  }
  return carried_out(
      from_.tuning.steering().pin(*order.limit, signed_by_page(order), Clock::now(), lasts));
}

// The tuner goes on at once with what it was told.
std::string Dashboard::carried_out(const std::optional<control::Refusal>& refusal) {
  if (refusal) return refusal->message;
  from_.tuning.post_order([](control::Steering&, tuner::TimePoint) {});
  return {};
}

Moment Dashboard::moment(tuner::TimePoint now) const {
  return {from_.tuning.steering().status(now), from_.limiter.read(now)};
}

std::string Dashboard::hello() const {
  return hello_event(facts_, moment(Clock::now()), unix_ms_now(), history_.samples(),
                     from_.tuning.steering().decisions().entries(), from_.recorders);
}

}  // namespace sweetspot::observe
