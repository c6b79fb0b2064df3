#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::fleet {

using tuner::Duration;
using tuner::TimePoint;
using WallTime = std::chrono::system_clock::time_point;

// A Lease of coordination.k8s.io/v1 as the API server gave it. A value.
struct Lease {
  std::string version;    // metadata.resourceVersion
  std::string holder;     // empty: nobody
  std::string renewed;    // as written by the holder; compared, never read as a time
  int transitions = 0;    // of holders
  Duration duration{};    // for which the holder asked
  std::string knowledge;  // the annotation, see knowledge.hpp
  std::string object;     // all of it, so that an update loses nothing of others'
};

// Nothing where it is no Lease.
std::optional<Lease> parse_lease(std::string_view json);

// What an update changes. A holder is set together with its times.
struct LeaseChange {
  std::optional<std::string> holder;  // empty: nobody
  Duration duration{};
  WallTime at{};  // for people and other tools
  std::optional<std::string> knowledge;
};
std::string changed_lease(const Lease& from, const LeaseChange& change);  // JSON

// One line of a watch.
struct WatchEvent {
  enum class Kind { changed, bookmark, deleted, expired, failed } kind = Kind::failed;
  std::optional<Lease> lease;  // where it changed
  std::string version;         // of a bookmark
};
WatchEvent parse_watch_event(std::string_view json);

// Whether resource version `a` is surely older than `b`. They are opaque unless both are numbers.
bool is_older(std::string_view a, std::string_view b);

// The words of a Status, with which the API server says no; empty where it is none.
std::string status_message(std::string_view json);

std::string timestamp(WallTime at);  // RFC 3339 in UTC, with microseconds

}  // namespace sweetspot::fleet
