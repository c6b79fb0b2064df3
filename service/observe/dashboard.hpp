#pragma once

#include <functional>
#include <map>
#include <string>

#include "service/control/tuning_loop.hpp"
#include "service/observe/admin_server.hpp"
#include "service/observe/history.hpp"
#include "service/observe/live_feed.hpp"
#include "service/observe/live_messages.hpp"
#include "service/observe/log_settings.hpp"
#include "service/observe/operator.hpp"

namespace sweetspot::observe {

// The page on the admin port: its files, its live feed and an operator's orders. On the control
// thread. What it is given outlives it.
class Dashboard {
 public:
  struct Sources {
    control::TuningLoop& tuning;
    const admission::Limiter& limiter;
    const control::Recorders& recorders;
    std::string upstream;
    std::function<std::vector<control::AddressStatus>()> addresses;
    std::string token;  // empty: read-only
    std::function<void(LogLevel)> set_log_level;
  };
  explicit Dashboard(Sources sources);

  void add_to(Pages& pages) const;
  Posts posts() const;
  Feeds feeds();

  void each_second(tuner::TimePoint now);
  void on_decision();  // after it is in the decision log

 private:
  std::map<std::string, CarryOut> actions();
  std::string pin(const Order& order);
  std::string carried_out(const std::optional<control::Refusal>& refusal);
  Moment moment(tuner::TimePoint now) const;
  control::LearntCurve curve(tuner::TimePoint now) const;
  const std::deque<control::Decision>& decisions() const;
  std::string hello() const;

  Sources from_;
  Operator operator_;
  PageFacts facts_;
  History history_;
  LiveFeed feed_;
  int seconds_ = 0;
};

}  // namespace sweetspot::observe
