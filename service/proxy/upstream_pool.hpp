#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/proxy/asio.hpp"
#include "service/proxy/buffer.hpp"
#include "service/proxy/deadline.hpp"
#include "service/proxy/operation.hpp"
#include "service/proxy/stream.hpp"
#include "service/proxy/task.hpp"
#include "service/proxy/turn.hpp"
#include "service/proxy/upstream_targets.hpp"

namespace sweetspot::proxy {

class UpstreamPool;

// What all workers together may connect. Many backends spend a thread on a connection, so idle
// ones count, too. Any thread.
struct UpstreamBudget {
  std::atomic<int> connections{0};
  std::atomic<int> idle{0};
  std::atomic<int> bypassing{0};  // requests in flight that hold no permit
};

// A connection to the upstream: leased by one session, or idle in its worker's pool. A read is
// pending on it also while it rests, so that the upstream's close is seen at once and at no cost.
class UpstreamConnection final : private Deadline, private Postponed {
 public:
  UpstreamConnection(UpstreamPool& pool, Executor executor, Turn& turn)
      : Postponed(turn), stream(executor), pool_(pool) {}

  Stream stream;
  Buffer in;                   // what the upstream sent and nobody has consumed
  Operation read, write;       // write: also the connect
  Event* user = nullptr;       // the session that leases it
  std::uint64_t received = 0;  // bytes, ever
  bool has_served = false;     // a request before this one

  // Towards a target, where it counts as in flight until it is given back or discarded.
  bool open(Target& target);  // false out of descriptors: no target is to blame
  void start_connect();
  void secure(ssl_ctx_st& context, const UpstreamTlsSettings& how);
  Target* target() const { return target_.get(); }

  bool has_ended() const { return ended_; }  // no byte will come any more
  bool ended_cleanly() const { return ended_cleanly_; }

  void start_read();  // into the tail of `in`, which must have room and stay where it is
  void read_soon();   // the same, some turns later where that saves asking the kernel in vain
  void forget_read() { forget(); }
  void start_wait_writable();
  bool is_closed_by_peer();  // asks the kernel
  void on_completed(Operation& operation);

 private:
  friend class UpstreamPool;
  void on_expiry() override;  // it was idle for too long
  void on_turn() noexcept override;

  void tell();  // whoever it concerns that something has come or ended

  void count_in(Target& target);
  void take_out();  // of what its target has in flight
  void leave();     // its target, to which it is connected no more

  UpstreamPool& pool_;
  std::shared_ptr<Target> target_;
  bool counts_ = false;
  TimePoint first_idle_at_{};
  bool ended_ = false, ended_cleanly_ = false, is_discarded_ = false;
};

// The upstream connections of one worker. The last one used is the first to be used again, so
// that the others grow old and are closed. One thread; all workers share the budget.
class UpstreamPool {
 public:
  UpstreamPool(Executor executor, Deadlines& deadlines, Turn& turn, BufferPool& buffers,
               const admission::Limiter& limiter, UpstreamBudget& budget,
               const UpstreamTargets& targets);
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  // An idle connection to the target with the least in flight; null where there is none.
  // `must_live`: the kernel is asked whether it does.
  UpstreamConnection* lease(Event& user, bool must_live, TimePoint now);

  // A connection that is not connected yet; null where the budget is used up (by idle connections
  // of other workers, since each lease belongs to a permit).
  UpstreamConnection* make(Event& user);

  void give_back(UpstreamConnection& connection, TimePoint now);  // to be used again
  void discard(UpstreamConnection& connection);                   // closes it
  bool close_oldest_idle();                                       // false where none is idle
  void close_idle();
  void close_retired();  // idle ones to targets that are gone

  // Requests wait for a permit, and the worker always has something else to do.
  bool is_busy() const;

  BufferPool& buffers() { return buffers_; }
  TargetChoice& targets() { return targets_; }

 private:
  friend class UpstreamConnection;
  int most_connections() const;
  void trim();
  void remove_from_idle(UpstreamConnection& connection);

  Executor executor_;
  Deadlines& deadlines_;
  Turn& turn_;
  BufferPool& buffers_;
  const admission::Limiter& limiter_;
  UpstreamBudget& budget_;
  TargetChoice targets_;
  std::vector<UpstreamConnection*> idle_;  // the last one used at the back
  int alive_ = 0;                          // those waiting for a cancelled operation included
};

}  // namespace sweetspot::proxy
