#pragma once

#include <vector>

#include "service/admission/waiter.hpp"

namespace sweetspot::admission {

// Waiters with a deadline of their own, the earliest on top. O(log n); each knows its place.
class DeadlineHeap {
 public:
  bool empty() const { return heap_.empty(); }
  Waiter& top() const { return *heap_.front(); }
  void push(Waiter& waiter);
  void remove(Waiter& waiter);  // nothing where it is not in here

 private:
  void place(Waiter& waiter, std::size_t at);
  void rise(Waiter& waiter, std::size_t at);
  void sink(Waiter& waiter, std::size_t at);

  std::vector<Waiter*> heap_;
};

}  // namespace sweetspot::admission
