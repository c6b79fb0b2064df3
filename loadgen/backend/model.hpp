#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "loadgen/backend/disk.hpp"

namespace sweetspot::backend {

enum class ModelKind {
  disk,   // the simulated disk: requests share it and slow each other down
  sleep,  // a number of servers that each take the service time, first come, first served
  cpu,    // spends the service time as CPU time of the request's own thread
};

struct ModelSettings {
  ModelKind kind = ModelKind::disk;
  std::optional<int> parallelism = {};            // default: disk 4, sleep 8, cpu without bound
  std::optional<Duration> service_time = {};      // default 10 ms; its mean
  std::optional<Distribution> distribution = {};  // default: disk lognormal, else constant
  std::uint64_t seed = 1;
};

// The work behind a request. Any number of threads call work() at once.
class Model {
 public:
  virtual ~Model() = default;
  virtual bool work() = 0;  // blocks until it is done; false where it was cut short
  virtual void stop() = 0;  // cuts short all work, now and later
  virtual int threads() const { return 0; }  // that the model keeps for itself
};

std::unique_ptr<Model> make_model(const ModelSettings& settings);

}  // namespace sweetspot::backend
