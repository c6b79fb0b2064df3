#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "service/proxy/access_ring.hpp"
#include "service/proxy/head.hpp"
#include "service/proxy/settings.hpp"

namespace sweetspot::proxy {

// Where a worker's finished requests go, and which of them. One a worker, on its thread.
struct AccessTap {
  AccessRing& ring;
  double sample;  // 0..1 of all requests
  std::optional<tuner::Duration> slow;
  double due = 0;  // the share that adds up: an entry at each whole number
};

// What a session notes of the request that it serves. Does nothing without a tap, and then owns
// no memory.
class AccessNote {
 public:
  explicit AccessNote(AccessTap* tap) : tap_(tap) {}

  bool is_on() const { return tap_ != nullptr; }
  void begin(std::string_view peer, const char* base, const RequestHead& head,
             tuner::TimePoint arrived_at);
  // Where there is no head to begin with: of what cannot be read, who sent it is known.
  void begin_unread(std::string_view peer) {
    if (!is_begun_) entry().set(AccessEntry::Text::peer, peer, most_of_a_peer);
  }
  void classified(std::string_view cls) {
    if (is_on()) entry().cls = cls;
  }
  void sent_to(std::string_view address) {
    if (is_on()) entry().set_upstream(address);
  }
  // With the reason of an answer of ours, which is how the request ended where it held no permit.
  void answered(int status, std::string_view reason = {}) {
    if (!is_on()) return;
    entry().status = status;
    if (entry().ending.empty()) entry().ending = reason;
  }
  void ended(std::string_view ending, tuner::Duration queue_wait, tuner::Duration backend) {
    if (!is_on()) return;
    entry().ending = ending;
    entry().queue_wait = queue_wait;
    entry().backend = backend;
  }
  // Hands it over, if it is to be logged. Idempotent.
  void finish() {
    if (is_on() && is_begun_) hand_over();
  }

 private:
  static constexpr std::size_t most_of_a_peer = 56;

  AccessEntry& entry();
  void hand_over();

  AccessTap* const tap_;
  std::unique_ptr<AccessEntry> entry_;
  tuner::TimePoint arrived_at_{};
  bool is_begun_ = false;
};

}  // namespace sweetspot::proxy
