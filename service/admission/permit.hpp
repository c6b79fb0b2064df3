#pragma once

#include <cstdint>
#include <utility>

#include "service/admission/settings.hpp"

namespace sweetspot::admission {

class Limiter;

// What the core must be told again of a permit that comes back.
struct Grant {
  TimePoint at{};
  std::uint64_t epoch = 0;  // the limit's at that time
  Duration charged{};       // what its class was charged in advance
  ClassId cls = 0;
  bool is_charged = false;
};

// The right to have one request in flight. Owned, movable, returned on destruction.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept
      : limiter_(std::exchange(other.limiter_, nullptr)),
        grant_(other.grant_),
        stalled_(other.stalled_) {}
  Permit& operator=(Permit&& other) noexcept;
  // Without a clock here: what is returned without a time counts up to the last transition.
  ~Permit() { release(TimePoint{}); }
  explicit operator bool() const { return limiter_ != nullptr; }
  std::uint64_t epoch() const { return grant_.epoch; }  // the limit's epoch at the grant
  TimePoint granted_at() const { return grant_.at; }
  // Idempotent; may grant the next waiter before it returns.
  void release(TimePoint now) {
    if (limiter_ != nullptr) give_back(now);
  }

  // While stalled the permit waits on its client, not on the backend: it stays taken, but the
  // integral of in-flight leaves it out. Idempotent.
  void set_stalled(bool stalled, TimePoint now);

 private:
  friend class Limiter;
  explicit Permit(Limiter& limiter, const Grant& grant = {}) : limiter_(&limiter), grant_(grant) {}
  void give_back(TimePoint now);

  Limiter* limiter_ = nullptr;
  Grant grant_;
  bool stalled_ = false;
};

}  // namespace sweetspot::admission
