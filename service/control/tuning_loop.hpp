#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "service/control/steering.hpp"

namespace boost::asio {
class io_context;
}

namespace sweetspot::control {

// Runs the steering on the control thread's loop: ticks when the tuner wants to, once a second
// while idle. post() may be called by any thread, all else on the loop's thread. What a tick or an
// order throws is told to on_failure: the limit in force stays, and the loop goes on a second
// later.
class TuningLoop {
 public:
  TuningLoop(boost::asio::io_context& loop, Settings settings, admission::Limiter& limiter,
             const Recorders& recorders);
  ~TuningLoop();

  Steering& steering();
  const Steering& steering() const;
  void each_second(std::function<void(TimePoint)> work);             // about; add it before start()
  void before_tick(std::function<void(Steering&, TimePoint)> work);  // add it before start()
  void on_failure(std::function<void(const std::string& problem)> tell);  // add it before start()
  void start();
  void stop();  // no tick from now on; the limit stays

  // Runs `work` on the loop's thread. An order, which may change the limit, ticks at once after it.
  using Work = std::function<void(Steering&, TimePoint now)>;
  void post(Work work);
  void post_order(Work order);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
