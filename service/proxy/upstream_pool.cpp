#include "service/proxy/upstream_pool.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <limits>

namespace sweetspot::proxy {

namespace {
constexpr std::size_t read_size = 32 * 1024;
}

void UpstreamConnection::start_read() {
  if (in.room() == 0 || !in.has_memory()) in.reserve(read_size, pool_.buffers());
  socket.async_read_some(asio::buffer(in.tail(), in.room()), begin(this, read));
}

void UpstreamConnection::start_wait_writable() {
  if (!write.pending) socket.async_wait(Socket::wait_write, begin(this, write));
}

bool UpstreamConnection::is_closed_by_peer() {
  char byte;
  const ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void UpstreamConnection::on_completed(Operation& operation) {
  if (&operation == &read) {
    if (!operation.error) {
      in.commit(operation.bytes);
    } else if (operation.error != asio::error::operation_aborted) {
      ended_ = true;
      ended_cleanly_ = operation.error == asio::error::eof;
    }
  }
  if (user != nullptr) return user->wake();
  if (!is_discarded_) {
    pool_.discard(*this);  // idle, and the upstream has closed it or said what nobody asked
  } else if (!read.pending && !write.pending) {
    --pool_.alive_;
    delete this;
  }
}

void UpstreamConnection::on_expiry() { pool_.discard(*this); }

UpstreamPool::UpstreamPool(Executor executor, Deadlines& deadlines, BufferPool& buffers,
                           const admission::Limiter& limiter, UpstreamBudget& budget)
    : executor_(executor),
      deadlines_(deadlines),
      buffers_(buffers),
      limiter_(limiter),
      budget_(budget) {}

UpstreamPool::~UpstreamPool() { close_idle(); }

UpstreamConnection* UpstreamPool::lease(Event& user, bool must_live) {
  while (!idle_.empty()) {
    UpstreamConnection* connection = idle_.back();
    if (must_live && connection->is_closed_by_peer()) {
      discard(*connection);
      continue;
    }
    remove_from_idle(*connection);
    connection->user = &user;
    connection->has_served = true;
    return connection;
  }
  return nullptr;
}

UpstreamConnection* UpstreamPool::make(Event& user) {
  int connections = budget_.connections.load(std::memory_order_relaxed);
  do {
    if (connections >= most_connections()) return nullptr;
  } while (!budget_.connections.compare_exchange_weak(connections, connections + 1));
  auto* connection = new UpstreamConnection(*this, executor_);
  connection->user = &user;
  ++alive_;
  return connection;
}

void UpstreamPool::give_back(UpstreamConnection& connection, TimePoint now) {
  // Its age counts from its first rest: a connection that never rests carries one request.
  if (connection.first_idle_at_ == TimePoint{}) connection.first_idle_at_ = now;
  if (now - connection.first_idle_at_ >= deadlines_.length(Wait::upstream_life)) {
    return discard(connection);
  }
  connection.user = nullptr;
  idle_.push_back(&connection);
  budget_.idle.fetch_add(1, std::memory_order_relaxed);
  deadlines_.arm(connection, Wait::upstream_idle, now);
  if (!connection.read.pending) {
    connection.in.rewind();
    connection.start_read();
  }
  trim();
}

void UpstreamPool::discard(UpstreamConnection& connection) {
  if (connection.user == nullptr) remove_from_idle(connection);
  connection.user = nullptr;
  connection.is_discarded_ = true;
  error_code ignored;
  connection.socket.close(ignored);
  budget_.connections.fetch_sub(1);
  if (!connection.read.pending && !connection.write.pending) {
    --alive_;
    delete &connection;
  }
}

bool UpstreamPool::close_oldest_idle() {
  if (idle_.empty()) return false;
  discard(*idle_.front());
  return true;
}

void UpstreamPool::close_idle() {
  while (close_oldest_idle()) {
  }
}

// A lowered limit revokes nothing, so what is in flight has its connection beyond it.
int UpstreamPool::most_connections() const {
  if (limiter_.mode() != admission::Mode::enforce) return std::numeric_limits<int>::max();
  return std::max(limiter_.limit(), limiter_.in_flight()) +
         budget_.bypassing.load(std::memory_order_relaxed);
}

void UpstreamPool::trim() {
  if (limiter_.mode() != admission::Mode::enforce) return;
  const int most = limiter_.limit() + budget_.bypassing.load(std::memory_order_relaxed);
  while (budget_.connections.load(std::memory_order_relaxed) > most && close_oldest_idle()) {
  }
}

void UpstreamPool::remove_from_idle(UpstreamConnection& connection) {
  // From the back, where the one to be used again stands.
  const auto at = std::find(idle_.rbegin(), idle_.rend(), &connection);
  idle_.erase(std::next(at).base());
  budget_.idle.fetch_sub(1, std::memory_order_relaxed);
  deadlines_.disarm(connection);
}

}  // namespace sweetspot::proxy
