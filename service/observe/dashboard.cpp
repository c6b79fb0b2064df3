#include "service/observe/dashboard.hpp"

#include <chrono>
#include <utility>

#include "service/observe/dashboard_assets.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::observe {
namespace {

using Clock = std::chrono::steady_clock;
using tuner::TimePoint;

constexpr int seconds_a_curve = 10;  // in mode shadow, where no verdict tells that it has grown
constexpr auto shortest_pin = std::chrono::seconds(1);
constexpr auto longest_pin = std::chrono::hours(720);

std::string words_for_queue(const admission::Settings& settings) {
  using platform::format_duration;
  std::string words = "at most " + std::to_string(settings.queue_size) + " wait, up to " +
                      format_duration(settings.queue_timeout) + ", ";
  words += to_string(settings.discipline);
  if (settings.codel_target)
    words += "; in a queue that stands, up to " + format_duration(*settings.codel_target);
  return words;
}

control::Order signed_by_page(const Order& order) { return {order.comment, "page"}; }

std::int64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Dashboard::Dashboard(Sources sources)
    : from_(std::move(sources)),
      operator_(from_.token, actions()),
      facts_{.upstream = from_.upstream,
             .classes = from_.limiter.settings()->classes,
             .queue = words_for_queue(*from_.limiter.settings()),
             .actions = operator_.actions()},
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

Feeds Dashboard::feeds() { return {{"/events", &feed_}}; }

void Dashboard::each_second(TimePoint now) {
  const Moment current = moment(now);
  facts_.queue = words_for_queue(*from_.limiter.settings());
  const Sample& sample = history_.take(current.status, now, current.unix_ms);
  if (!feed_.is_watched()) return;
  feed_.publish(sample_event(facts_, current, sample, from_.recorders));
  if (current.status.mode != admission::Mode::shadow || ++seconds_ % seconds_a_curve != 0) return;
  feed_.publish(curve_event(curve(now)));
}

void Dashboard::on_decision() {
  if (!feed_.is_watched()) return;
  const auto now = Clock::now();
  feed_.publish(verdict_event(moment(now), curve(now), decisions().back()));
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

Moment Dashboard::moment(TimePoint now) const {
  auto status = from_.tuning.steering().status(now);
  if (from_.addresses) status.addresses = from_.addresses();
  return {
      .status = std::move(status), .reading = from_.limiter.read(now), .unix_ms = unix_ms_now()};
}

control::LearntCurve Dashboard::curve(TimePoint now) const {
  return from_.tuning.steering().learnt_curve(now);
}

const std::deque<control::Decision>& Dashboard::decisions() const {
  return from_.tuning.steering().decisions().entries();
}

std::string Dashboard::hello() const {
  const auto now = Clock::now();
  return hello_event(facts_, moment(now), curve(now), history_.samples(), decisions(),
                     from_.recorders);
}

}  // namespace sweetspot::observe
