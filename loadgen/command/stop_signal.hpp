#pragma once

namespace sweetspot::loadgen {

// SIGINT and SIGTERM as a descriptor: readable once one came. Made first in main, before any
// thread, since threads inherit which signals are held back.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace sweetspot::loadgen
