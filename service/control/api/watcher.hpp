#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "sweetspot/v1/control.pb.h"
#include "tuner/time.hpp"

namespace sweetspot::control {

// One stream of a Watch. Owns itself until gRPC is done with it. At most `capacity` events wait
// for a slow reader; then its stream is ended with a clear status. Any thread may call it.
class Watcher : public grpc::ServerWriteReactor<v1::WatchEvent>,
                public std::enable_shared_from_this<Watcher> {
 public:
  using Event = std::shared_ptr<const v1::WatchEvent>;
  static constexpr std::size_t capacity = 64;

  // `interval`: between two statuses, zero for none.
  static std::shared_ptr<Watcher> make(grpc::CallbackServerContext& context,
                                       tuner::Duration interval, std::function<void()> on_done);

  // What a resumed stream missed, before anything else; it does not count as slowness.
  void preload(std::deque<Event> missed);
  void push(Event event, tuner::TimePoint now);
  void end(grpc::Status status, tuner::TimePoint now);
  void give_up(tuner::TimePoint now);  // cuts a stream whose end its reader does not read

  tuner::Duration interval() const { return interval_; }
  tuner::TimePoint due{};  // of the next status; the hub's

 private:
  Watcher(grpc::CallbackServerContext& context, tuner::Duration interval,
          std::function<void()> on_done);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void advance(std::unique_lock<std::mutex> lock);

  const tuner::Duration interval_;
  std::function<void()> on_done_;
  std::shared_ptr<Watcher> self_;

  std::mutex mutex_;  // of what follows
  std::deque<Event> queue_;
  std::size_t preloaded_ = 0;
  Event writing_;
  std::optional<grpc::Status> end_;
  tuner::TimePoint ended_at_{};
  bool finished_ = false;

  std::mutex context_mutex_;
  grpc::CallbackServerContext* context_;  // null once gRPC is done
};

}  // namespace sweetspot::control
