#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

namespace sweetspot::backend {

// Lets a number of threads in at a time, in the order of their arrival. Any thread may call it.
class Gate {
 public:
  explicit Gate(int places) : free_(places) {}

  // Blocks until there is a place. False where the gate was stopped: there is none to leave then.
  bool enter();
  void leave();
  void stop();  // turns everybody away who waits, now and later

 private:
  struct Waiter {
    std::condition_variable wake;
    bool admitted = false;
  };

  std::mutex mutex_;
  std::deque<Waiter*> waiting_;
  int free_;
  bool stopped_ = false;
};

}  // namespace sweetspot::backend
