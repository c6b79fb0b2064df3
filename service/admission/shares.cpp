#include "service/admission/shares.hpp"

#include <algorithm>
#include <limits>

namespace sweetspot::admission {

namespace {
constexpr double smoothing = 0.1;
constexpr double least_cost = 1000;  // ns: grants count even where they take no time

double nanoseconds(Duration duration) { return static_cast<double>(duration.count()); }
}  // namespace

Shares::Shares(const std::vector<RequestClass>& classes) {
  for (const RequestClass& cls : classes) classes_.push_back({cls.priority, cls.share});
}

void Shares::weigh(const std::vector<RequestClass>& classes) {
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    classes_[i].priority = classes[i].priority;
    classes_[i].share = classes[i].share;
  }
}

ClassId Shares::choose(const Flags& waits) {
  auto chosen = first_in_credit(waits);
  if (!chosen) {
    next_round(waits);
    chosen = first_in_credit(waits);
  }
  return *chosen;
}

std::optional<ClassId> Shares::first_in_credit(const Flags& waits) const {
  std::optional<ClassId> best;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (!waits[i] || classes_[i].deficit <= 0) continue;
    if (!best || goes_before(classes_[i], classes_[*best])) best = static_cast<ClassId>(i);
  }
  return best;
}

bool Shares::goes_before(const Class& a, const Class& b) const {
  if (a.priority != b.priority) return a.priority > b.priority;
  return a.deficit * b.share > b.deficit * a.share;
}

// As many rounds at once as bring the first of those who wait into credit, and one quantum: the
// usual cost of one grant to whoever has the least share.
void Shares::next_round(const Flags& waits) {
  double rounds = std::numeric_limits<double>::max(), quantum = rounds;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (!waits[i]) continue;
    rounds = std::min(rounds, std::max(0.0, -classes_[i].deficit) / classes_[i].share);
    quantum = std::min(quantum, classes_[i].usual / classes_[i].share);
  }
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    Class& cls = classes_[i];
    cls.deficit += (rounds + quantum) * cls.share;
    // Who does not wait pays debts back, but saves nothing up.
    if (!waits[i]) cls.deficit = std::min(cls.deficit, 0.0);
  }
}

Duration Shares::charge(ClassId id) {
  if (classes_.size() == 1) return {};
  Class& cls = classes_[id];
  const double cost = std::max(least_cost, cls.usual);
  cls.deficit -= cost;
  return Duration(static_cast<Duration::rep>(cost));
}

void Shares::settle(ClassId id, Duration charged, Duration taken) {
  if (classes_.size() == 1) return;
  learn(id, taken);
  classes_[id].deficit -= std::max(least_cost, nanoseconds(taken)) - nanoseconds(charged);
}

void Shares::learn(ClassId id, Duration taken) {
  Class& cls = classes_[id];
  cls.usual += smoothing * (std::max(least_cost, nanoseconds(taken)) - cls.usual);
}

void Shares::forget() {
  if (classes_.size() == 1) return;
  for (Class& cls : classes_) cls.deficit = 0;
}

}  // namespace sweetspot::admission
