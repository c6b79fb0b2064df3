#include "service/control/api/watcher.hpp"

#include <utility>

namespace sweetspot::control {
namespace {

// How long an ended stream may wait for its reader before it is cut.
constexpr auto patience = std::chrono::seconds(10);

}  // namespace

std::shared_ptr<Watcher> Watcher::make(grpc::CallbackServerContext& context,
                                       tuner::Duration interval, std::function<void()> on_done) {
  std::shared_ptr<Watcher> watcher(new Watcher(context, interval, std::move(on_done)));
  watcher->self_ = watcher;
  return watcher;
}

Watcher::Watcher(grpc::CallbackServerContext& context, tuner::Duration interval,
                 std::function<void()> on_done)
    : interval_(interval), on_done_(std::move(on_done)), context_(&context) {}

void Watcher::preload(std::deque<Event> missed) {
  std::unique_lock lock(mutex_);
  if (end_) return;
  preloaded_ = missed.size();
  queue_ = std::move(missed);
  advance(std::move(lock));
}

void Watcher::push(Event event, tuner::TimePoint now) {
  std::unique_lock lock(mutex_);
  if (end_) return;
  if (queue_.size() >= capacity + preloaded_) {
    queue_.clear();
    end_ = grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                        "the reader is too slow: " + std::to_string(capacity) + " events waited");
    ended_at_ = now;
  } else {
    queue_.push_back(std::move(event));
  }
  advance(std::move(lock));
}

void Watcher::end(grpc::Status status, tuner::TimePoint now) {
  std::unique_lock lock(mutex_);
  if (end_) return;
  end_ = std::move(status);
  ended_at_ = now;
  advance(std::move(lock));
}

void Watcher::give_up(tuner::TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_ || finished_ || now - ended_at_ < patience) return;
  }
  const std::lock_guard lock(context_mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

// Starts what comes next, where nothing is under way. gRPC is called without the lock, since it
// may call back from there.
void Watcher::advance(std::unique_lock<std::mutex> lock) {
  if (writing_ || finished_) return;
  if (!queue_.empty()) {
    writing_ = std::move(queue_.front());
    queue_.pop_front();
    if (preloaded_ > 0) --preloaded_;
    const v1::WatchEvent* event = writing_.get();
    lock.unlock();
    StartWrite(event);
  } else if (end_) {
    finished_ = true;
    const grpc::Status status = *end_;
    lock.unlock();
    Finish(status);
  }
}

void Watcher::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_.reset();
  if (!ok) {
    queue_.clear();
    if (!end_) end_ = grpc::Status(grpc::StatusCode::CANCELLED, "the reader left");
  }
  advance(std::move(lock));
}

void Watcher::OnCancel() {
  std::unique_lock lock(mutex_);
  queue_.clear();
  if (!end_) end_ = grpc::Status(grpc::StatusCode::CANCELLED, "the reader left");
  advance(std::move(lock));
}

void Watcher::OnDone() {
  {
    const std::lock_guard lock(context_mutex_);
    context_ = nullptr;
  }
  on_done_();
  self_.reset();
}

}  // namespace sweetspot::control
