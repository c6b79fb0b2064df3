#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::admission {

using tuner::Duration;
using tuner::TimePoint;

// Why a request was refused. Closed list: header x-sweetspot-reason, label of
// sweetspot_shed_total{reason}, log field; service/README.md documents each.
enum class ShedReason : std::uint8_t {
  queue_full,     // the queue was at its size
  queue_timeout,  // no permit within queue.timeout
  deadline,       // the request's own deadline could not be met
  codel,          // a standing queue was cut
  draining,       // the sidecar is shutting down
};
inline constexpr std::size_t shed_reason_count = 5;
std::string_view to_string(ShedReason reason);

enum class Mode {
  enforce,  // hold and shed
  shadow,   // hold and shed nothing, count what would have been
  off,      // a plain proxy
};
std::string_view to_string(Mode mode);

// Who of one class is granted first.
enum class Discipline {
  fifo,      // who waited longest
  lifo,      // who came last
  adaptive,  // fifo; lifo from when the queue has stood for queue.standing_after until it empties
};
std::string_view to_string(Discipline discipline);

// Classes of requests by index; 0 is `default`.
using ClassId = std::uint8_t;
inline constexpr std::size_t max_classes = 16;

struct RequestClass {
  std::string name = "default";
  int priority = 0;       // higher: first within a round, and the last to be pushed out
  double share = 1;       // weight on permit-time while others wait, too
  std::size_t group = 0;  // index into Settings::groups, where there are any
  bool fair = false;      // its tenants take turns
  std::optional<Duration> queue_timeout = std::nullopt;  // where it is shorter than that of all
};

// Classes that have a part of the limit to themselves.
struct Group {
  std::string name;
  double share = 1;
};

struct Settings {
  Mode mode = Mode::enforce;
  std::size_t queue_size = 1000;                     // requests
  std::size_t queue_bytes = 64 * 1024 * 1024;        // of heads and buffered bodies that wait
  Duration queue_timeout = std::chrono::seconds(5);  // until a waiter is shed
  Discipline discipline = Discipline::fifo;
  std::optional<Duration> codel_target =
      std::nullopt;  // who waited longer in a standing queue is shed
  Duration standing_after = std::chrono::milliseconds(100);  // without having been empty
  std::vector<RequestClass> classes{RequestClass{}};         // 1..max_classes
  std::vector<Group> groups = {};                            // none: all share the limit
};

// Whether a limiter that runs can go over from one to the other: classes and groups are the same
// ones in the same order, since permits and counters know them by index, and only weigh otherwise.
bool may_become(const Settings& from, const Settings& to);

// What the limiter knows of a request.
struct Demand {
  ClassId cls = 0;
  std::uint32_t tenant = 0;  // a hash
  std::uint32_t bytes = 0;   // that it holds while it waits
  TimePoint deadline = TimePoint::max();
};

}  // namespace sweetspot::admission
