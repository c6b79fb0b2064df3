#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sweetspot::observe {

// Hands each message to all who look on. A message is made once and shared; one that cannot keep
// up is cut off (it comes again and begins anew), so memory is bounded. One thread.
class LiveFeed {
 public:
  using Message = std::shared_ptr<const std::string>;
  static constexpr std::size_t most_viewers = 32;
  static constexpr std::size_t most_pending = 16;

  // One who looks on, from join() until it is given up by whoever holds it.
  struct Viewer {
    std::deque<Message> pending;
    bool is_cut_off = false;
    std::function<void()> wake;  // something is pending, or it was cut off
  };

  explicit LiveFeed(std::function<std::string()> make_hello);

  bool is_watched();
  std::shared_ptr<Viewer> join(std::function<void()> wake);  // nullptr where there are too many
  void publish(std::string message);
  void end();  // cuts off all, and nobody joins from now on

 private:
  std::function<std::string()> make_hello_;
  std::vector<std::weak_ptr<Viewer>> viewers_;
  bool ended_ = false;
};

}  // namespace sweetspot::observe
