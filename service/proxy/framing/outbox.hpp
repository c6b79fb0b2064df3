#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::proxy {

// What is to be sent on one socket, as ranges of memory that others own and keep until it is sent.
// Adjacent ranges become one; all leave in one send where the socket takes them.
class Outbox {
 public:
  void append(std::string_view bytes);
  bool empty() const { return pending_ == 0; }
  std::size_t pending() const { return pending_; }

  // Bytes since it was made, whether cleared or not. Memory that was appended before appended()
  // stood at n is no longer needed once sent() has reached n.
  std::uint64_t appended() const { return sent_ + pending_; }
  std::uint64_t sent() const { return sent_; }

  enum class Flushed { all, blocked, failed };
  Flushed flush(int socket);  // as much as the socket takes without waiting
  // For who sends by other means: what comes next, as one piece of at most `room`, which it may use
  // for that; and how much of it was sent.
  std::string_view front(std::span<char> room) const;
  void drop(std::size_t bytes);

  void discard();            // forgets what has not been sent, as if it had been
  std::string text() const;  // a copy of what has not been sent

 private:
  ssize_t send_some(int socket);

  std::vector<iovec> ranges_;
  std::size_t first_ = 0;  // of ranges_, not sent yet
  std::size_t pending_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace sweetspot::proxy
