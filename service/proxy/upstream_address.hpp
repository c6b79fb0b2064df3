#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "service/proxy/asio.hpp"
#include "service/proxy/settings.hpp"
#include "tuner/time.hpp"

namespace sweetspot::proxy {

// The addresses of the upstream's host. A name is resolved by a thread of its own, first at the
// start, then when a connection is wanted and the answer is old; an address needs no thread. Any
// thread may call it, and none is blocked.
class UpstreamAddress {
 public:
  using Endpoints = std::vector<tcp::endpoint>;

  explicit UpstreamAddress(Endpoint upstream);
  ~UpstreamAddress();
  UpstreamAddress(const UpstreamAddress&) = delete;
  UpstreamAddress& operator=(const UpstreamAddress&) = delete;

  // Waits for the first answer, but not for long. Not on a worker.
  void start();

  // What is known now; empty where the name has not been resolved.
  std::shared_ptr<const Endpoints> current(tuner::TimePoint now);
  void report_failure(tuner::TimePoint now);  // none of them could be connected to

 private:
  void resolve_when_asked();
  void ask(tuner::TimePoint now, tuner::Duration oldest);

  const Endpoint upstream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Endpoints> endpoints_;
  tuner::TimePoint asked_at_{};
  bool is_name_ = false, is_asked_ = false, has_answer_ = false, stops_ = false;
  std::thread resolver_;
};

}  // namespace sweetspot::proxy
