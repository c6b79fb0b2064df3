#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "service/control/api/watcher.hpp"

namespace sweetspot::control {

// All watchers. Sends each verdict to all of them, and to each the status at its rate; one wake-up
// serves all that are due. On the control loop's thread only.
class WatchHub : public std::enable_shared_from_this<WatchHub> {
 public:
  static constexpr std::size_t most_watchers = 1024;
  using MakeStatus = std::function<v1::Status()>;
  WatchHub(boost::asio::io_context& loop, MakeStatus make_status);

  // Sends what the watcher missed, then the status, at once.
  void add(std::shared_ptr<Watcher> watcher, std::deque<Watcher::Event> missed);
  void remove(const Watcher* watcher);
  void publish(const v1::Verdict& verdict);
  // Sends a last status, then the end; those that come later get the end at once.
  void end_all(const grpc::Status& status);

 private:
  Watcher::Event make_status_event() const;
  void send_due();
  void schedule();

  boost::asio::steady_timer timer_;
  MakeStatus make_status_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
  std::optional<grpc::Status> ended_;
};

}  // namespace sweetspot::control
