#pragma once

namespace sweetspot::loadgen {

// A descriptor that is readable once another one is, or once it is told so: the end of one level
// within a sweep that others may end as well.
class StopOr {
 public:
  explicit StopOr(int other);  // -1: none
  ~StopOr();
  StopOr(const StopOr&) = delete;
  StopOr& operator=(const StopOr&) = delete;

  int descriptor() const { return both_; }
  void set();

 private:
  int own_;
  int both_;
};

}  // namespace sweetspot::loadgen
