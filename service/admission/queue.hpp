#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "service/admission/deadline_heap.hpp"
#include "service/admission/waiter.hpp"

namespace sweetspot::admission {

// Those who wait: one heap by deadline, and for each class a list by arrival and a list for each of
// its tenants, who take turns. Every operation is O(1), but for O(log n) where deadlines are given
// and O(tenants) to find whom to push out.
class Queue {
 public:
  explicit Queue(const std::vector<RequestClass>& classes);

  int size() const { return size_; }
  int size(ClassId cls) const { return classes_[cls].size; }
  std::size_t bytes() const { return bytes_; }
  Waiter* oldest(ClassId cls) const { return classes_[cls].oldest; }
  Waiter* most_urgent() const { return deadlines_.empty() ? nullptr : &deadlines_.top(); }

  void push(Waiter& waiter);
  void remove(Waiter& waiter);

  // Whose turn it is in a class that has somebody waiting.
  Waiter& next(ClassId cls, bool newest_first) const;

  // Whom a newcomer of that tenant displaces: the latest of the tenant with most who wait, but
  // for the newcomer's own and those who wait no more than it. Null where there is none.
  Waiter* displaced_by(ClassId cls, std::uint32_t tenant) const;
  Waiter& longest_tenants_latest(ClassId cls) const;

 private:
  // Tenants that hash alike share a turn.
  static constexpr std::size_t tenants = 64;

  struct Flow {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    int size = 0;
    Flow* before = nullptr;  // in the ring of those that take turns
    Flow* after = nullptr;
  };
  struct Class {
    std::vector<Flow> flows;  // one, or one a tenant
    Flow* turn = nullptr;
    Waiter* oldest = nullptr;
    Waiter* newest = nullptr;
    int size = 0;
  };

  Flow& flow_of(const Waiter& waiter);
  const Flow& longest(const Class& cls) const;

  std::vector<Class> classes_;
  DeadlineHeap deadlines_;
  int size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sweetspot::admission
