#pragma once

#include <string>
#include <string_view>

#include "service/injector/inject.hpp"

namespace sweetspot::injector {

// What is answered to one AdmissionReview (admission.k8s.io/v1), and what there is to say of it.
struct Reviewed {
  unsigned status = 200;  // of HTTP; 400 where it is no review at all
  std::string body{};
  Outcome::Kind kind = Outcome::Kind::skipped;
  std::string why{};
  std::string name_space{}, name{};  // of the object
};

// Pure. Understands pods and whatever has a pod template: Deployment, StatefulSet, DaemonSet,
// ReplicaSet, ReplicationController, Job, CronJob.
Reviewed review(std::string_view request, const Template& with);

}  // namespace sweetspot::injector
