#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "service/proxy/io/asio.hpp"

namespace sweetspot::proxy {

// How other threads reach a worker. Its io_context has no locks, so nobody else may post to it:
// messages are left here, and an eventfd wakes the worker, which runs them in order.
class Mailbox {
 public:
  using Message = std::function<void()>;

  explicit Mailbox(Executor executor);
  void post(Message message);  // any thread; what comes after close() is never run
  void open();                 // by the worker: from now on messages are run
  void close();                // by the worker

 private:
  void listen();
  void run_messages();

  asio::posix::basic_stream_descriptor<Executor> wakeup_;
  std::uint64_t wakeups_ = 0;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace sweetspot::proxy
