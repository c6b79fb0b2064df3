#pragma once

#include <array>
#include <optional>
#include <vector>

#include "service/admission/queue.hpp"
#include "service/admission/settings.hpp"

namespace sweetspot::admission {

// Divides permit-time among the classes that wait, by their shares: deficit round robin
// (Shreedhar and Varghese, 1995) with the cost known only when a permit comes back. A grant is
// charged what the class's permits took lately, and corrected at the release. Within a round the
// higher priority goes first. Idle classes save nothing up; with nobody waiting all starts anew.
class Shares {
 public:
  explicit Shares(const std::vector<RequestClass>& classes);

  // Whose turn it is among the classes with `waiting(cls)`, of which there must be one.
  template <typename Waiting>
  ClassId choose(Waiting waiting) {
    if (classes_.size() == 1) return 0;
    std::array<bool, max_classes> waits{};
    for (std::size_t i = 0; i < classes_.size(); ++i) waits[i] = waiting(static_cast<ClassId>(i));
    return choose(waits);
  }

  Duration charge(ClassId cls);  // for a grant from the queue
  void settle(ClassId cls, Duration charged, Duration taken);
  void observe(ClassId cls, Duration taken) {  // what a permit took that was not charged
    if (classes_.size() > 1) learn(cls, taken);
  }
  void weigh(const std::vector<RequestClass>& classes);  // the same ones otherwise, from now on
  void forget();                                         // nobody waits any more

 private:
  struct Class {
    int priority;
    double share;
    double deficit = 0;        // of permit-time, in nanoseconds; may be granted while above 0
    double usual = 1'000'000;  // what a permit takes, smoothed
  };
  using Flags = std::array<bool, max_classes>;
  ClassId choose(const Flags& waits);
  void learn(ClassId cls, Duration taken);
  std::optional<ClassId> first_in_credit(const Flags& waits) const;
  void next_round(const Flags& waits);
  bool goes_before(const Class& a, const Class& b) const;

  std::vector<Class> classes_;
};

}  // namespace sweetspot::admission
