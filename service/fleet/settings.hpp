#pragma once

#include <string>

#include "tuner/time.hpp"

namespace sweetspot::fleet {

struct Settings {
  std::string lease;       // its name; empty: this replica stands alone
  std::string name_space;  // empty: the pod's own
  std::string workload;    // deployment/NAME ...; empty: nobody looks whether replicas change
  std::string server;      // https://HOST:PORT; empty: as the pod's environment says
  std::string credentials = "/var/run/secrets/kubernetes.io/serviceaccount";
  tuner::Duration term = std::chrono::seconds(30);
  tuner::Duration max_age = std::chrono::hours(24);  // of what others learnt
};

}  // namespace sweetspot::fleet
