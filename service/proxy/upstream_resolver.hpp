#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "service/proxy/settings.hpp"
#include "service/proxy/upstream_targets.hpp"
#include "tuner/time.hpp"

namespace sweetspot::proxy {

// Keeps the targets as the configured endpoints mean them. Names are resolved by a thread of its
// own: at the start, at every interval, and soon where a connection has failed. While a name has no
// answer, what was known of it stays in use. Addresses and Unix sockets need no thread.
class UpstreamResolver {
 public:
  // `on_change` is called by the resolver's thread when the targets have changed.
  UpstreamResolver(std::vector<Endpoint> upstream, tuner::Duration interval,
                   UpstreamTargets& targets, std::function<void()> on_change);
  ~UpstreamResolver();
  UpstreamResolver(const UpstreamResolver&) = delete;
  UpstreamResolver& operator=(const UpstreamResolver&) = delete;

  void start();     // once; waits for the first answer, but not for long; not on a worker
  void ask_soon();  // any thread; never blocks for long

  // The names that had no answer yet, and why. Any thread.
  std::vector<control::AddressStatus> unresolved() const;

 private:
  struct Source {
    Endpoint endpoint;
    bool is_name = false;
    std::vector<Address> addresses;  // as known so far
  };
  void run();
  void resolve_all();
  std::vector<Address> all() const;

  std::vector<Source> sources_;  // of the resolver's thread, once it runs
  const tuner::Duration interval_;
  UpstreamTargets& targets_;
  const std::function<void()> on_change_;
  mutable std::mutex mutex_;
  std::vector<control::AddressStatus> unresolved_;
  std::condition_variable changed_;
  bool is_asked_ = false, has_answer_ = false, stops_ = false;
  std::thread thread_;
};

}  // namespace sweetspot::proxy
