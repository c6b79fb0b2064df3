#include "service/proxy/framing/outbox.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sweetspot::proxy {

namespace {
constexpr std::size_t ranges_a_send = 256;  // below IOV_MAX
constexpr int without_waiting = MSG_NOSIGNAL | MSG_DONTWAIT;

// So few bytes are gathered here: the kernel takes one piece for less than a list of them.
constexpr std::size_t few_bytes = 8192;
}  // namespace

void Outbox::append(std::string_view bytes) {
  if (bytes.empty()) return;
  pending_ += bytes.size();
  char* begin = const_cast<char*>(bytes.data());  // iovec serves reads, too; a send only reads
  if (first_ < ranges_.size()) {
    iovec& last = ranges_.back();
    if (static_cast<char*>(last.iov_base) + last.iov_len == begin) {
      last.iov_len += bytes.size();
      return;
    }
  }
  ranges_.push_back({begin, bytes.size()});
}

Outbox::Flushed Outbox::flush(int socket) {
  while (pending_ > 0) {
    const bool offers_all = ranges_.size() - first_ <= ranges_a_send;
    const ssize_t sent = send_some(socket);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Flushed::blocked : Flushed::failed;
    }
    const bool took_all = !offers_all || static_cast<std::size_t>(sent) == pending_;
    drop(static_cast<std::size_t>(sent));
    if (!took_all) return Flushed::blocked;  // it would only say so again
  }
  return Flushed::all;
}

ssize_t Outbox::send_some(int socket) {
  if (pending_ <= few_bytes) {
    std::array<char, few_bytes> room;
    const std::string_view piece = front(room);
    return ::send(socket, piece.data(), piece.size(), without_waiting);
  }
  msghdr message{};
  message.msg_iov = &ranges_[first_];
  message.msg_iovlen = std::min(ranges_.size() - first_, ranges_a_send);
  return ::sendmsg(socket, &message, without_waiting);
}

std::string_view Outbox::front(std::span<char> room) const {
  const auto whole = [&](std::size_t i) {
    return std::string_view(static_cast<const char*>(ranges_[i].iov_base), ranges_[i].iov_len);
  };
  if (first_ + 1 == ranges_.size() || ranges_[first_].iov_len >= room.size())
    return whole(first_).substr(0, room.size());
  std::size_t used = 0;
  for (std::size_t i = first_; i < ranges_.size() && used < room.size(); ++i)
    used += whole(i).copy(room.data() + used, room.size() - used);
  return {room.data(), used};
}

void Outbox::discard() {
  sent_ += pending_;
  pending_ = 0;
  ranges_.clear();
  first_ = 0;
}

std::string Outbox::text() const {
  std::string text;
  for (std::size_t i = first_; i < ranges_.size(); ++i) {
    text.append(static_cast<const char*>(ranges_[i].iov_base), ranges_[i].iov_len);
  }
  return text;
}

void Outbox::drop(std::size_t bytes) {
  sent_ += bytes;
  pending_ -= bytes;
  if (pending_ == 0) {
    ranges_.clear();
    first_ = 0;
    return;
  }
  while (bytes >= ranges_[first_].iov_len) bytes -= ranges_[first_++].iov_len;
  ranges_[first_].iov_base = static_cast<char*>(ranges_[first_].iov_base) + bytes;
  ranges_[first_].iov_len -= bytes;
  if (first_ >= ranges_a_send) {
    ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace sweetspot::proxy
