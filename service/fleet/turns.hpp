#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "service/fleet/backoff.hpp"
#include "service/fleet/knowledge.hpp"
#include "service/fleet/lease.hpp"
#include "service/fleet/view.hpp"
#include "service/fleet/workload.hpp"

namespace sweetspot::fleet {

// One request to the API server; the answer goes back by Turns::answered.
struct Request {
  enum class Kind { get_lease, put_lease, get_workload } kind = Kind::get_lease;
  std::string body{};  // of a put
};

struct Answer {
  int status = 0;  // of HTTP; 0: none came
  std::string body{};
  std::optional<Duration> retry_after{};
  std::string problem{};  // where no answer came
};

// What the sidecar has to say for itself at one moment.
struct Self {
  bool wants = false;               // the tuner would explore
  bool explores = false;            // it does
  std::optional<Knowledge> news{};  // to publish with the next write
  bool is_urgent = false;           // and worth a write of its own
  bool leaves = false;              // it drains
};

// Whose turn it is to explore: a Lease, taken and given back. Pure: API answers and `now` in,
// requests and yes or no out. Invariant: may_explore() is false from two thirds of the Lease's term
// after the last write that it holds it was *sent*; others count the whole term from the last
// change that they *saw*. So no two may at once, whatever the clocks say, as long as they run at
// the same pace within a third. One thread.
class Turns {
 public:
  struct Settings {
    std::string identity;       // differs from run to run
    Duration term{};            // of the Lease
    bool has_workload = false;  // whose replicas are looked at
    std::uint64_t seed = 0;     // of what is drawn
  };
  explicit Turns(Settings settings);

  // What to send now: at most one request is under way.
  std::optional<Request> next(const Self& self, TimePoint now, WallTime wall);
  void answered(const Answer& answer, TimePoint now);
  // What the watch saw.
  void seen(const Lease& lease, TimePoint now);
  void lost_sight() { must_get_ = true; }  // the watch broke or is too old: ask anew

  bool may_explore(TimePoint now) const;
  State state(TimePoint now) const;
  const std::string& why() const { return why_; }  // of unavailable and refused
  const std::optional<Lease>& lease() const { return lease_; }
  bool holds() const { return holds_; }
  std::uint64_t writes() const { return writes_; }  // sent
  std::uint64_t turns() const { return turns_; }    // begun

 private:
  enum class Write { acquire, renew, release, publish };

  std::optional<Request> next_as_holder(const Self& self, TimePoint now, WallTime wall);
  std::optional<Request> next_as_other(const Self& self, TimePoint now, WallTime wall);
  std::optional<Request> look(TimePoint now);
  Request write(Write what, const Self& self, TimePoint now, WallTime wall);
  Request send(Request request);
  void read_lease(const Answer& answer, TimePoint now);
  void read_write(const Answer& answer, TimePoint now);
  void read_workload(const Answer& answer, TimePoint now);
  bool took(const Answer& answer, TimePoint now);
  void lose(std::string why, State as, Duration pause, TimePoint now);
  bool is_free(TimePoint now) const;
  bool is_steady(TimePoint now) const;
  bool may_write(TimePoint now) const { return now >= next_write_; }
  Duration draw(Duration most);

  Settings settings_;
  std::mt19937_64 random_;
  Backoff failures_, refusals_;

  std::optional<Lease> lease_;
  TimePoint changed_at_{};               // when the holder's word was last seen to change
  std::optional<TimePoint> attempt_at_;  // of taking it, once it is free
  bool must_get_ = true;

  bool holds_ = false, yields_ = false;
  struct Claim {
    std::string renewed;  // by which its success is known
    TimePoint sent;
  };
  std::optional<Claim> claim_;  // the last write that says that we hold it
  TimePoint valid_from_{};      // when the last one that succeeded was sent
  TimePoint turn_began_{}, busy_at_{};

  std::optional<Workload> workload_;
  TimePoint looked_at_{}, replicas_changed_at_{};

  std::optional<Request::Kind> under_way_;
  Write writing_ = Write::renew;
  TimePoint not_before_{}, next_write_{}, before_write_{};

  State trouble_ = State::waiting;  // waiting, unavailable or refused; off: none
  std::string why_;
  int failed_ = 0;  // in a row
  bool wanted_ = false;
  std::uint64_t writes_ = 0, turns_ = 0;
};

}  // namespace sweetspot::fleet
