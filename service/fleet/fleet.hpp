#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/control/steering.hpp"
#include "service/fleet/cluster.hpp"
#include "service/fleet/view.hpp"

namespace boost::asio {
class io_context;
}

namespace sweetspot::fleet {

// This replica among its like: asks the API server whose turn it is, lets the steering explore or
// not, publishes what was learnt and starts from what others did. On the control thread.
class Fleet {
 public:
  struct Plan {
    Settings settings;
    Environment environment;               // as std::getenv
    std::vector<std::string> fingerprint;  // what decides about the knee, but for the objective
    std::string name;                      // of this replica: the pod's
    std::function<void(const View&)> on_change;
  };
  Fleet(boost::asio::io_context& loop, Plan plan);
  ~Fleet();

  // Before each tick of the steering, so that no tick explores on an old permission.
  void tick(control::Steering& steering, tuner::TimePoint now);
  void leave();  // gives the Lease back, as well as that goes, and takes no turn any more
  void stop();
  View view() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::fleet
