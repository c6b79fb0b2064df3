#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>

#include "tuner/time.hpp"

namespace sweetspot::proxy {

using tuner::Duration;
using tuner::TimePoint;

// What a deadline is for. Those of one kind all have the same length.
enum class Wait : std::size_t {
  header,         // for the rest of a head
  park,           // before an idle connection gives its buffer back
  idle,           // for the next request
  body,           // for a body that is read before a permit is taken
  queue,          // for a permit
  queue_watch,    // before those who wait too long are looked for again
  connect,        // for an upstream connection
  request,        // for the upstream's last byte
  first_byte,     // for the answer to begin
  response_idle,  // for more of the answer
  stall,          // for the client, while a permit or a response waits on it
  stall_check,    // before a client that keeps a permit waiting is looked at again
  upstream_idle,  // in the upstream pool
  upstream_life,  // of an upstream connection in all; looked at when it is given back
};
inline constexpr std::size_t wait_count = 14;

class Deadlines;

// A point in time by which something must have happened. Its owner keeps it alive while armed.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool armed() const { return armed_; }
  bool expired() const { return expired_; }
  Wait wait() const { return wait_; }

 protected:
  ~Deadline() = default;
  virtual void on_expiry() = 0;  // may arm it again; may destroy it

 private:
  friend class Deadlines;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  TimePoint at_{};
  Wait wait_{};
  bool armed_ = false, expired_ = false;
};

// The deadlines of one worker: a list for each kind, in order of expiry by construction, so that
// arming and disarming are O(1) and a sweep looks at what has expired and no further. One thread.
class Deadlines {
 public:
  // `on_earlier(at)` is called where a sweep is due earlier than the last one that it was told.
  Deadlines(std::array<Duration, wait_count> lengths, std::function<void(TimePoint)> on_earlier);

  void arm(Deadline& deadline, Wait wait, TimePoint now);  // anew where it is armed already
  void disarm(Deadline& deadline);                         // forgets an expiry, too

  // Expires what is due. When the next sweep is due, if any.
  std::optional<TimePoint> sweep(TimePoint now);

  // From now on these, also for what is armed.
  void set_lengths(const std::array<Duration, wait_count>& lengths);

  Duration length(Wait wait) const { return lengths_[static_cast<std::size_t>(wait)]; }

 private:
  struct List {
    Deadline* first = nullptr;
    Deadline* last = nullptr;
  };
  void unlink(Deadline& deadline);
  void tell(TimePoint at);
  std::optional<TimePoint> earliest() const;

  std::array<Duration, wait_count> lengths_;
  std::array<List, wait_count> lists_{};
  std::function<void(TimePoint)> on_earlier_;
  std::optional<TimePoint> told_;
};

}  // namespace sweetspot::proxy
