#include "service/admission/queue.hpp"

#include <algorithm>

namespace sweetspot::admission {

Queue::Queue(const std::vector<RequestClass>& classes) : classes_(classes.size()) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes_[i].flows.resize(classes[i].fair ? tenants : 1);
  }
}

void Queue::push(Waiter& waiter) {
  Class& cls = classes_[waiter.demand_.cls];
  waiter.age_ = {cls.newest, nullptr};
  (cls.newest != nullptr ? cls.newest->age_.next : cls.oldest) = &waiter;
  cls.newest = &waiter;

  Flow& flow = flow_of(waiter);
  if (flow.size++ == 0) {  // its turn comes last
    if (cls.turn == nullptr) cls.turn = flow.before = flow.after = &flow;
    flow.after = cls.turn;
    flow.before = cls.turn->before;
    flow.before->after = flow.after->before = &flow;
  }
  waiter.flow_ = {flow.last, nullptr};
  (flow.last != nullptr ? flow.last->flow_.next : flow.first) = &waiter;
  flow.last = &waiter;

  if (waiter.demand_.deadline != TimePoint::max()) deadlines_.push(waiter);
  waiter.is_queued_ = true;
  bytes_ += waiter.demand_.bytes;
  ++cls.size;
  ++size_;
}

void Queue::remove(Waiter& waiter) {
  Class& cls = classes_[waiter.demand_.cls];
  Waiter::Links& age = waiter.age_;
  (age.previous != nullptr ? age.previous->age_.next : cls.oldest) = age.next;
  (age.next != nullptr ? age.next->age_.previous : cls.newest) = age.previous;

  Flow& flow = flow_of(waiter);
  Waiter::Links& links = waiter.flow_;
  (links.previous != nullptr ? links.previous->flow_.next : flow.first) = links.next;
  (links.next != nullptr ? links.next->flow_.previous : flow.last) = links.previous;
  if (cls.turn == &flow) cls.turn = flow.after;
  if (--flow.size == 0) {
    flow.before->after = flow.after;
    flow.after->before = flow.before;
    if (cls.turn == &flow) cls.turn = nullptr;
  }

  deadlines_.remove(waiter);
  waiter.age_ = waiter.flow_ = {};
  waiter.is_queued_ = false;
  bytes_ -= waiter.demand_.bytes;
  --cls.size;
  --size_;
}

Waiter& Queue::next(ClassId cls, bool newest_first) const {
  const Flow& flow = *classes_[cls].turn;
  return newest_first ? *flow.last : *flow.first;
}

Waiter* Queue::displaced_by(ClassId id, std::uint32_t tenant) const {
  const Class& cls = classes_[id];
  if (cls.size == 0 || cls.flows.size() == 1) return nullptr;
  const Flow& theirs = longest(cls);
  return theirs.size > cls.flows[tenant % tenants].size + 1 ? theirs.last : nullptr;
}

Waiter& Queue::longest_tenants_latest(ClassId cls) const { return *longest(classes_[cls]).last; }

Queue::Flow& Queue::flow_of(const Waiter& waiter) {
  auto& flows = classes_[waiter.demand_.cls].flows;
  return flows[waiter.demand_.tenant % flows.size()];
}

const Queue::Flow& Queue::longest(const Class& cls) const {
  return *std::max_element(cls.flows.begin(), cls.flows.end(),
                           [](const Flow& a, const Flow& b) { return a.size < b.size; });
}

}  // namespace sweetspot::admission
