#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "service/control/address_status.hpp"
#include "tuner/time.hpp"

namespace sweetspot::proxy {

// An address as the kernel knows it.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string name;  // HOST:PORT, or unix:/PATH
  std::string host;  // as configured; empty for a Unix socket
};

// One address of the upstream. Any thread.
struct Target : std::enable_shared_from_this<Target> {
  explicit Target(Address a) : address(std::move(a)) {}

  bool is_up(tuner::TimePoint now) const {
    return is_healthy.load(std::memory_order_relaxed) &&
           now.time_since_epoch().count() >= avoided_until.load(std::memory_order_relaxed);
  }

  // It is used again, unless it only took connections before, too.
  void took_connection();

  // What the health checks say is wrong; empty where it is well.
  void set_health(const std::string& what);
  std::string health_problem() const;

  void count(control::AddressError error) {
    errors[static_cast<std::size_t>(error)].fetch_add(1, std::memory_order_relaxed);
  }

  const Address address;
  std::atomic<int> in_flight{0};
  std::atomic<int> connections{0};         // idle ones included
  std::atomic<std::uint64_t> requests{0};  // that were sent to it
  std::array<std::atomic<std::uint64_t>, control::address_error_count> errors{};
  std::atomic<bool> is_retired{false};  // no answer of the resolver names it any more
  std::atomic<bool> is_self{false};     // a listener of ours: never used
  std::atomic<bool> is_healthy{true};   // what the health checks say
  std::atomic<int> failures{0};         // to connect, since the last success
  std::atomic<int> problem{no_answer};  // of the last of them: an errno, or one of these:
  static constexpr int no_answer = 0, no_handshake = -1, breaks_off = -2;
  std::atomic<int> broken_off{0};  // in a row: new connections that it closed without a byte
  std::atomic<std::int64_t> avoided_until{INT64_MIN};  // by the steady clock, after a failure
  std::atomic<std::int64_t> counted_until{INT64_MIN};  // until then a failure is one with the last

 private:
  mutable std::mutex mutex_;
  std::string health_problem_;
};

// Why it takes no request, in words; empty where it does as far as is known.
std::string problem_of(const Target& target);

control::AddressStatus status_of(const Target& target);

// The upstream's addresses, from which requests choose one. The list is exchanged as a whole when
// the resolver knows another; who is still in use lives on. Any thread.
class UpstreamTargets {
 public:
  using List = std::vector<std::shared_ptr<Target>>;

  // What is sent to these comes back: from now on, whoever resolves to one of them is never used.
  void beware_of(std::vector<Address> listeners);

  // Those that stay keep their state. True where it is another list than before.
  bool assign(const std::vector<Address>& addresses);

  std::shared_ptr<const List> list() const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  void examine(Target& target) const;  // whether it is one of ours

  mutable std::mutex mutex_;
  std::vector<Address> listeners_;
  std::shared_ptr<const List> list_ = std::make_shared<List>();
  std::atomic<std::uint64_t> version_{1};
};

// A worker's view of the list, refreshed where it has changed: no lock per request. One thread.
class TargetChoice {
 public:
  explicit TargetChoice(const UpstreamTargets& targets) : targets_(targets) {}

  // Of those that are up and not in `tried`, one with the least in flight; null where there is
  // none. It lives until the next call.
  using Tried = std::vector<std::shared_ptr<Target>>;
  Target* choose(tuner::TimePoint now, const Tried& tried = {});
  void not_taken();  // what was chosen last was not used: its turn comes again
  bool any_up(tuner::TimePoint now);

  // About to connect to it. One that failed before is given to one request at a time, to see
  // whether it is back.
  void tries(Target& target, tuner::TimePoint now);

  // How that went. One that failed is left alone for a while, longer each time while another is
  // up, or for a moment where it is the only one and has refused. `problem` as in Target.
  void succeeded(Target& target) { target.took_connection(); }
  void failed(Target& target, int problem, tuner::TimePoint now);

  // How it goes on. One that takes connections only to close them has nothing in flight, and would
  // draw all requests: after some in a row it is left alone like one that takes none, as long as
  // half of all are left.
  void answered(Target& target);
  void broke_off(Target& target, tuner::TimePoint now);

 private:
  const UpstreamTargets::List& current();
  tuner::Duration pause_of(const Target& target, int failures, tuner::TimePoint now);
  void leave_alone(Target& target, int problem, tuner::TimePoint now);
  std::size_t others_up(const Target& target, tuner::TimePoint now);

  const UpstreamTargets& targets_;
  std::shared_ptr<const UpstreamTargets::List> list_;
  std::uint64_t version_ = 0;
  std::size_t first_ = 0;  // in turn, so that equals share
};

}  // namespace sweetspot::proxy
