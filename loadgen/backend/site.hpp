#pragma once

#include <atomic>
#include <cstdint>

#include "loadgen/backend/faults.hpp"
#include "loadgen/backend/model.hpp"

namespace sweetspot::backend {

// A number that remembers its highest value. Any thread may change it.
class Peaking {
 public:
  void add(int change) {
    const int now = value_.fetch_add(change) + change;
    int peak = peak_.load();
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
  }
  int value() const { return value_; }
  int peak() const { return peak_; }

 private:
  std::atomic<int> value_ = 0, peak_ = 0;
};

// What all connections share. Owned by the server, which outlives them.
struct Site {
  Site(const ModelSettings& settings) : model(make_model(settings)), faults(settings.seed + 1) {}

  std::unique_ptr<Model> model;
  Faults faults;
  Peaking threads;    // of the process: the acceptor's and the model's own included
  Peaking in_flight;  // requests whose work is not answered yet
  std::atomic<std::uint64_t> served = 0;
  std::atomic<bool> stopping = false;
  int listener = -1;
};

}  // namespace sweetspot::backend
