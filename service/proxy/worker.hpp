#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/recorder.hpp"
#include "service/proxy/access_note.hpp"
#include "service/proxy/asio.hpp"
#include "service/proxy/buffer.hpp"
#include "service/proxy/classify.hpp"
#include "service/proxy/deadline.hpp"
#include "service/proxy/listener.hpp"
#include "service/proxy/mailbox.hpp"
#include "service/proxy/settings.hpp"
#include "service/proxy/task.hpp"
#include "service/proxy/tls.hpp"
#include "service/proxy/tls_failures.hpp"
#include "service/proxy/turn.hpp"
#include "service/proxy/upstream_pool.hpp"
#include "service/proxy/upstream_resolver.hpp"

namespace sweetspot::proxy {

class Session;
class Worker;

// What all workers share. Any thread.
struct Shared {
  Shared(Settings s, admission::Limiter& l);

  const Settings settings;  // as at the start; a worker has those in force
  admission::Limiter& limiter;
  const std::string upstream_authority;
  const std::string probe_token;  // of OPTIONS that we send ourselves
  UpstreamTargets targets;
  UpstreamBudget budget;
  TlsFailures tls_failures;
  BufferBudget buffers{settings.buffer_total};
  std::atomic<int> downstream_connections{0};
  std::function<void(const char* what)> report = [](const char*) {};  // an unexpected failure
  std::vector<std::unique_ptr<Worker>> workers;
  UpstreamResolver resolver;  // first to go: it posts to the workers
};

TimePoint now();

// One I/O thread with all that it owns: a listener, sessions, upstream connections, deadlines. Its
// functions are for its own thread but where they say otherwise.
class Worker {
 public:
  Worker(Shared& shared, control::Recorder& recorder);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void listen(int socket, const Listen& how);  // before run()
  void run();                                  // until it has been stopped

  void post(std::function<void()> message) { mailbox_.post(std::move(message)); }  // any thread
  bool is_current() const;                                                         // any thread

  // Drain, in this order. announce_close: all answers say `Connection: close`. leave: no listener,
  // idle connections close, `emptied` is called once no session is left. hurry: who still waits in
  // the queue is shed.
  void announce_close() { is_closing_ = true; }
  void leave(std::function<void()> emptied);
  void hurry();
  void stop();                                            // ends all sessions, then run()
  void after(Duration delay, std::function<void()> act);  // one at a time; stop() forgets it

  void reconfigure(const Settings& settings);  // in force from now on, also for what is under way

  void use(const TlsContexts& contexts) { tls_ = contexts; }  // for connections from now on
  const TlsContexts& tls() const { return tls_; }

  void begin_session(Socket socket, const Listen& how);
  void adopt(int socket, const Listen& how);  // any thread; a connection that another has accepted
  void consider_emptied();                    // a listener has closed

  // Who takes a new connection: this one, unless it has many more than another. The kernel deals
  // them out by chance, and with keep-alive that lasts.
  Worker& least_loaded();
  void end_session(Session& session);
  void report(const char* failure);  // a session ended by an exception: a bug of ours
  int failures() const { return failures_; }

  // Has another worker close an idle upstream connection, so that this one may connect. All
  // sessions of this one are woken then.
  void ask_for_room();

  std::size_t session_count() const { return session_count_.load(std::memory_order_relaxed); }
  // From now until nobody waits, those who wait too long are shed within a tick.
  void watch_queue();

  bool is_closing() const { return is_closing_; }
  bool is_leaving() const { return is_leaving_; }
  Shared& shared() { return shared_; }
  const Settings& settings() const { return settings_; }  // stays where it is, may change
  const Classifier& classifier() const { return *classifier_; }
  const Introduction& introduction() const { return *introduction_; }
  admission::Limiter& limiter() { return shared_.limiter; }
  control::Recorder& recorder() { return recorder_; }
  void log_access_to(AccessRing& ring);  // before run()
  AccessTap* access() { return tap_ ? &*tap_ : nullptr; }
  asio::io_context& io() { return io_; }
  Deadlines& deadlines() { return deadlines_; }
  Turn& turn() { return turn_; }
  BufferPool& buffers() { return buffers_; }
  FramePool& frames() { return frames_; }
  UpstreamPool& upstream() { return upstream_; }

 private:
  void start_session(Socket socket, const Listen& how);  // which has been counted
  struct QueueWatch final : Deadline {
    explicit QueueWatch(Worker& w) : worker(w) {}
    void on_expiry() override;
    Worker& worker;
  };

  void wake_at(TimePoint at);
  void sweep();
  template <typename Act>
  void for_each_session(Act act);

  Shared& shared_;
  Settings settings_;
  std::optional<Classifier> classifier_;
  TlsContexts tls_;
  std::optional<Introduction> introduction_;
  control::Recorder& recorder_;
  std::optional<AccessTap> tap_;
  asio::io_context io_;
  Turn turn_;
  FramePool frames_;
  BufferPool buffers_;
  Timer timer_, drain_timer_;
  Deadlines deadlines_;
  QueueWatch queue_watch_{*this};
  Mailbox mailbox_;
  UpstreamPool upstream_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Session* sessions_ = nullptr;                // a list through them
  std::atomic<std::size_t> session_count_{0};  // those on their way to us included
  int failures_ = 0;
  std::function<void()> emptied_;
  bool is_closing_ = false, is_leaving_ = false, is_stopped_ = false;
};

}  // namespace sweetspot::proxy
