#include "service/proxy/server.hpp"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "service/proxy/access_ring.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

struct Server::Impl {
  Impl(Settings settings, admission::Limiter& limiter) : shared(std::move(settings), limiter) {}

  // Each step of a drain happens on every worker; the last to have emptied calls `done`.
  struct Drain {
    std::function<void(bool clean)> done;
    std::atomic<int> busy;
    std::atomic<bool> is_told{false};
    void tell(bool clean) {
      if (!is_told.exchange(true)) done(clean);
    }
  };

  AccessBell bell;
  std::vector<std::unique_ptr<AccessRing>> rings;
  Shared shared;
  std::vector<int> listeners;
  std::vector<std::thread> threads;
  std::once_flag stopped;
};

Server::Server(Settings settings, admission::Limiter& limiter,
               std::vector<std::unique_ptr<control::Recorder>>& recorders)
    : impl_(std::make_unique<Impl>(std::move(settings), limiter)) {
  for (const auto& recorder : recorders) {
    impl_->shared.workers.push_back(std::make_unique<Worker>(impl_->shared, *recorder));
    if (impl_->shared.settings.access.file.empty()) continue;
    impl_->rings.push_back(std::make_unique<AccessRing>(impl_->bell));
    impl_->shared.workers.back()->log_access_to(*impl_->rings.back());
  }
}

Server::~Server() {
  stop();
  for (const int listener : impl_->listeners) ::close(listener);
}

Server::Bound Server::bind() {
  const Endpoint& endpoint = impl_->shared.settings.listen;
  const std::size_t workers = impl_->shared.workers.size();
  Bound bound{endpoint.port, {}};
  if (workers > 1) {
    // With SO_REUSEPORT a second instance would silently share the port: without it, it fails.
    const int probe = bind_listener(endpoint, false, bound.port, bound.error);
    if (probe < 0) return bound;
    ::close(probe);
  }
  for (std::size_t i = 0; i < workers; ++i) {
    const int socket = bind_listener(endpoint, workers > 1, bound.port, bound.error);
    if (socket < 0) return bound;
    impl_->listeners.push_back(socket);
  }
  return bound;
}

void Server::on_failure(std::function<void(const char* what)> report) {
  impl_->shared.report = std::move(report);
}

void Server::start() {
  impl_->shared.address.start();
  for (std::size_t i = 0; i < impl_->listeners.size(); ++i) {
    Worker& worker = *impl_->shared.workers[i];
    worker.listen(impl_->listeners[i]);
    impl_->threads.emplace_back([&worker] { worker.run(); });
  }
  impl_->listeners.clear();  // they are the workers' now
}

void Server::reconfigure(const Settings& settings) {
  for (const auto& worker : impl_->shared.workers) {
    worker->post([worker = worker.get(), settings] { worker->reconfigure(settings); });
  }
}

void Server::drain(tuner::Duration delay, tuner::Duration grace,
                   std::function<void(bool clean)> done) {
  auto drain = std::make_shared<Impl::Drain>();
  drain->done = std::move(done);
  drain->busy = static_cast<int>(impl_->threads.size());
  if (impl_->threads.empty()) return drain->tell(true);
  for (const auto& worker : impl_->shared.workers) {
    worker->post([worker = worker.get(), drain, delay, grace] {
      worker->announce_close();
      worker->after(delay, [worker, drain, grace] {
        worker->leave([drain] {
          if (--drain->busy == 0) drain->tell(true);
        });
        worker->after(grace, [worker, drain] {
          worker->hurry();
          drain->tell(false);
        });
      });
    });
  }
}

void Server::stop() {
  std::call_once(impl_->stopped, [this] {
    for (const auto& worker : impl_->shared.workers) {
      worker->post([worker = worker.get()] { worker->stop(); });
    }
    for (std::thread& thread : impl_->threads) thread.join();
  });
}

std::vector<AccessRing*> Server::access_rings() const {
  std::vector<AccessRing*> rings;
  for (const auto& ring : impl_->rings) rings.push_back(ring.get());
  return rings;
}

AccessBell& Server::access_bell() {
  return impl_->bell;
}

Server::Gauges Server::gauges() const {
  const Shared& shared = impl_->shared;
  return {.downstream_connections = shared.downstream_connections.load(),
          .upstream_connections = shared.budget.connections.load(),
          .upstream_idle = shared.budget.idle.load(),
          .stalled_permits = shared.limiter.read({}).stalled,
          .buffer_bytes = shared.buffers.used.load()};
}

}  // namespace sweetspot::proxy
