#include "service/proxy/upstream_pool.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <limits>
#include <utility>

namespace sweetspot::proxy {

namespace {
constexpr std::size_t read_size = 32 * 1024;

// Before it is asked whether something has come: the upstream has to answer, or, where the
// connection is idle, the next request may take it.
constexpr int turns_to_answer = 2;
constexpr int turns_to_rest = 3;
}  // namespace

void UpstreamConnection::start_read() {
  forget();
  if (in.room() == 0 || !in.has_memory()) in.reserve(read_size, pool_.buffers());
  stream.start_read(in.tail(), in.room(), this, read);
}

void UpstreamConnection::read_soon() {
  if (!pool_.is_busy()) return start_read();
  postpone(user != nullptr ? turns_to_answer : turns_to_rest);
}

void UpstreamConnection::on_turn() noexcept {
  try {
    start_read();
  } catch (const std::bad_alloc&) {
    ended_ = true;
    tell();
  }
}

void UpstreamConnection::start_wait_writable() {
  if (!write.pending) stream.wait(Socket::wait_write, this, write);
}

bool UpstreamConnection::is_closed_by_peer() {
  char byte;
  const ssize_t got = ::recv(stream.handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void UpstreamConnection::on_completed(Operation& operation) {
  if (&operation == &read) {
    if (!operation.error) {
      in.commit(operation.bytes);
      received += operation.bytes;
    } else if (operation.error != asio::error::operation_aborted) {
      ended_ = true;
      ended_cleanly_ = operation.error == asio::error::eof;
    }
  }
  tell();
}

void UpstreamConnection::tell() {
  if (user != nullptr) return user->wake();
  if (!is_discarded_) {
    pool_.discard(*this);  // idle, and the upstream has closed it or said what nobody asked
  } else if (!read.pending && !write.pending) {
    --pool_.alive_;
    delete this;
  }
}

bool UpstreamConnection::open(Target& target) {
  const int family = target.address.storage.ss_family;
  error_code error;
  stream.socket().open(Protocol(family, 0), error);
  if (error) return false;
  leave();
  count_in(target);
  target_->connections.fetch_add(1, std::memory_order_relaxed);
  if (family != AF_UNIX) stream.socket().set_option(tcp::no_delay(true), error);
  return true;
}

void UpstreamConnection::start_connect() {
  const Address& to = target_->address;
  stream.socket().async_connect({&to.storage, to.size}, begin(this, write));
}

void UpstreamConnection::secure(ssl_ctx_st& context, const UpstreamTlsSettings& how) {
  const std::string& wanted = how.server_name.empty() ? target_->address.host : how.server_name;
  stream.secure(std::make_unique<Tls>(context, stream.handle(), wanted));
}

void UpstreamConnection::count_in(Target& target) {
  take_out();
  target_ = target.shared_from_this();
  target_->in_flight.fetch_add(1, std::memory_order_relaxed);
  counts_ = true;
}

void UpstreamConnection::take_out() {
  if (std::exchange(counts_, false)) target_->in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void UpstreamConnection::leave() {
  take_out();
  if (target_) target_->connections.fetch_sub(1, std::memory_order_relaxed);
  target_.reset();
}

void UpstreamConnection::on_expiry() { pool_.discard(*this); }

UpstreamPool::UpstreamPool(Executor executor, Deadlines& deadlines, Turn& turn, BufferPool& buffers,
                           const admission::Limiter& limiter, UpstreamBudget& budget,
                           const UpstreamTargets& targets)
    : executor_(executor),
      deadlines_(deadlines),
      turn_(turn),
      buffers_(buffers),
      limiter_(limiter),
      budget_(budget),
      targets_(targets) {}

UpstreamPool::~UpstreamPool() { close_idle(); }

UpstreamConnection* UpstreamPool::lease(Event& user, bool must_live, TimePoint now) {
  if (idle_.empty()) return nullptr;
  Target* const target = targets_.choose(now);
  for (std::size_t i = idle_.size(); i > 0; --i) {
    UpstreamConnection* connection = idle_[i - 1];
    if (connection->target() != target) continue;
    if (must_live && connection->is_closed_by_peer()) {
      discard(*connection);
      continue;
    }
    remove_from_idle(*connection);
    connection->forget_read();
    connection->count_in(*target);
    connection->user = &user;
    connection->has_served = true;
    return connection;
  }
  targets_.not_taken();  // a new connection goes there, or equals would not share
  return nullptr;
}

UpstreamConnection* UpstreamPool::make(Event& user) {
  int connections = budget_.connections.load(std::memory_order_relaxed);
  do {
    if (connections >= most_connections()) return nullptr;
  } while (!budget_.connections.compare_exchange_weak(connections, connections + 1));
  auto* connection = new UpstreamConnection(*this, executor_, turn_);
  connection->user = &user;
  ++alive_;
  return connection;
}

bool UpstreamPool::is_busy() const { return turn_.is_full() && limiter_.queued() > 0; }

void UpstreamPool::give_back(UpstreamConnection& connection, TimePoint now) {
  if (connection.target()->is_retired.load(std::memory_order_relaxed)) return discard(connection);
  connection.take_out();
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
    connection.read_soon();
  }
  trim();
}

void UpstreamPool::discard(UpstreamConnection& connection) {
  if (connection.user == nullptr) remove_from_idle(connection);
  connection.leave();
  connection.user = nullptr;
  connection.is_discarded_ = true;
  connection.forget_read();
  connection.stream.close();
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

void UpstreamPool::close_retired() {
  for (std::size_t i = idle_.size(); i > 0; --i)
    if (idle_[i - 1]->target()->is_retired.load(std::memory_order_relaxed)) discard(*idle_[i - 1]);
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
