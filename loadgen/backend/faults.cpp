#include "loadgen/backend/faults.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sweetspot::backend {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr auto allowed =
    "allowed is an object with latency_ms, warm_up_ms, stall_ms (0 to 3600000), error_rate, "
    "reset_rate (0 to 1)";

// The number under one key into `settings`; a sentence where it is not allowed.
std::string apply(FaultSettings& settings, const std::string& key, const json& value) {
  const bool is_time = key == "latency_ms" || key == "warm_up_ms" || key == "stall_ms";
  if (!is_time && key != "error_rate" && key != "reset_rate") {
    return "unknown key \"" + key + "\"; " + allowed;
  }
  if (!value.is_number() || value < 0 || value > (is_time ? 3.6e6 : 1.0)) {
    return key + " is " + value.dump() + "; " + allowed;
  }
  const double number = value.get<double>();
  if (key == "latency_ms") settings.latency = tuner::from_seconds(number / 1e3);
  if (key == "warm_up_ms") settings.warm_up = tuner::from_seconds(number / 1e3);
  if (key == "stall_ms") settings.stall = tuner::from_seconds(number / 1e3);
  if (key == "error_rate") settings.error_rate = number;
  if (key == "reset_rate") settings.reset_rate = number;
  return {};
}

}  // namespace

std::string Faults::set(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::string("the body is no JSON object; ") + allowed;
  FaultSettings settings;
  for (const auto& [key, value] : object.items()) {
    if (auto error = apply(settings, key, value); !error.empty()) return error;
  }
  std::lock_guard lock(mutex_);
  settings_ = settings;
  set_at_ = Clock::now();
  stalled_until_ = set_at_ + settings.stall;
  changed_.notify_all();
  return {};
}

std::string Faults::to_json() const {
  std::lock_guard lock(mutex_);
  const Duration left = std::max(Duration(0), stalled_until_ - Clock::now());
  return json{{"latency_ms", tuner::milliseconds(settings_.latency)},
              {"warm_up_ms", tuner::milliseconds(settings_.warm_up)},
              {"stall_ms", tuner::milliseconds(settings_.stall)},
              {"stall_left_ms", tuner::milliseconds(left)},
              {"error_rate", settings_.error_rate},
              {"reset_rate", settings_.reset_rate}}
      .dump();
}

Faults::Fate Faults::draw_fate() {
  std::lock_guard lock(mutex_);
  if (settings_.error_rate == 0 && settings_.reset_rate == 0) return Fate::serve;
  const double draw = std::uniform_real_distribution<double>()(random_);
  if (draw < settings_.reset_rate) return Fate::reset;
  return draw < settings_.reset_rate + settings_.error_rate ? Fate::error : Fate::serve;
}

// Caches fill and code is compiled: what is dear at first costs less and less.
Duration Faults::added_latency(TimePoint now) const {
  if (settings_.warm_up == Duration(0)) return settings_.latency;
  const double passed = tuner::seconds(now - set_at_) / tuner::seconds(settings_.warm_up);
  return tuner::from_seconds(tuner::seconds(settings_.latency) * std::max(0.0, 1 - passed));
}

bool Faults::delay() {
  std::unique_lock lock(mutex_);
  const TimePoint now = Clock::now();
  const Duration latency = added_latency(now);
  if (latency == Duration(0)) return !stopped_;
  const auto end = now + latency;
  return !changed_.wait_until(lock, end, [this] { return stopped_; });
}

bool Faults::wait_out_stall() {
  std::unique_lock lock(mutex_);
  while (!stopped_ && Clock::now() < stalled_until_) changed_.wait_until(lock, stalled_until_);
  return !stopped_;
}

void Faults::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace sweetspot::backend
