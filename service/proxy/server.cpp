#include "service/proxy/server.hpp"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "service/proxy/access_ring.hpp"
#include "service/proxy/addresses.hpp"
#include "service/proxy/health_checks.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

struct Server::Impl {
  Impl(Settings wanted, admission::Limiter& limiter) : shared(std::move(wanted), limiter) {
    const Settings& settings = shared.settings;
    if (settings.health.path.empty()) return;
    health = std::make_unique<HealthChecks>(settings, shared.upstream_authority, shared.targets);
  }

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
  struct Bound {
    const Listen& how;         // of the settings
    std::vector<int> sockets;  // one a worker
  };
  std::vector<Bound> listeners;
  std::atomic<std::int64_t> certificate_expires{0};
  std::unique_ptr<HealthChecks> health;  // null where none are wanted
  std::vector<std::thread> threads;
  std::once_flag stopped, forgotten;

  std::vector<Address> bound_addresses() const {
    std::vector<Address> all;
    for (const auto& listener : listeners) {
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      auto* const address = reinterpret_cast<sockaddr*>(&bound);
      if (::getsockname(listener.sockets.front(), address, &size) == 0)
        all.push_back(address_of(address, size));
    }
    return all;
  }

  // Once, and before they close: afterwards another instance may listen there.
  void forget_listeners() {
    std::call_once(forgotten, [this] {
      for (const auto& listener : listeners) forget_listener(listener.how.endpoint);
    });
  }
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
  for (const auto& listener : impl_->listeners) {
    for (const int socket : listener.sockets) ::close(socket);
  }
  impl_->forget_listeners();
}

std::string Server::load_tls() {
  TlsContexts contexts = proxy::load_tls(impl_->shared.settings);
  if (!contexts.error.empty()) return contexts.error;
  impl_->certificate_expires = contexts.expires;
  if (impl_->health) impl_->health->use(contexts);
  for (const auto& worker : impl_->shared.workers) {
    if (impl_->threads.empty())
      worker->use(contexts);
    else
      worker->post([worker = worker.get(), contexts] { worker->use(contexts); });
  }
  return {};
}

Server::Bound Server::bind() {
  const std::size_t workers = impl_->shared.workers.size();
  Bound bound;
  for (const Listen& listen : impl_->shared.settings.listen) {
    Endpoint endpoint = listen.endpoint;
    auto sockets = bind_listeners(endpoint, workers, bound.error);
    if (sockets.empty()) return bound;
    if (impl_->listeners.empty()) bound.port = endpoint.port;
    bound.names.push_back(format(endpoint));
    impl_->listeners.push_back({listen, std::move(sockets)});
  }
  return bound;
}

void Server::on_failure(std::function<void(const char* what)> report) {
  impl_->shared.report = std::move(report);
}

void Server::start() {
  impl_->shared.targets.beware_of(impl_->bound_addresses());
  impl_->shared.resolver.start();
  if (impl_->health) impl_->health->start();
  for (auto& listener : impl_->listeners) {
    for (std::size_t i = 0; i < listener.sockets.size(); ++i)
      impl_->shared.workers[i]->listen(listener.sockets[i], listener.how);
    listener.sockets.clear();  // they are the workers' now
  }
  for (const auto& worker : impl_->shared.workers)
    impl_->threads.emplace_back([worker = worker.get()] { worker->run(); });
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
    worker->post([this, worker = worker.get(), drain, delay, grace] {
      worker->announce_close();
      worker->after(delay, [this, worker, drain, grace] {
        impl_->forget_listeners();
        worker->leave([drain] {
          if (--drain->busy == 0) drain->tell(true);
        });
        worker->after(grace + Listener::arrival_time, [worker, drain] {
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

const std::string& Server::probe_token() const { return impl_->shared.probe_token; }

std::vector<AccessRing*> Server::access_rings() const {
  std::vector<AccessRing*> rings;
  for (const auto& ring : impl_->rings) rings.push_back(ring.get());
  return rings;
}

AccessBell& Server::access_bell() { return impl_->bell; }

Server::Gauges Server::gauges() const {
  const Shared& shared = impl_->shared;
  Gauges gauges;
  gauges.downstream_connections = shared.downstream_connections.load();
  gauges.upstream_connections = shared.budget.connections.load();
  gauges.upstream_idle = shared.budget.idle.load();
  gauges.stalled_permits = shared.limiter.read({}).stalled;
  gauges.buffer_bytes = shared.buffers.used.load();
  gauges.certificate_expires = impl_->certificate_expires.load();
  gauges.downstream_handshakes = shared.tls_failures.read(TlsFailures::Side::downstream);
  gauges.upstream_handshakes = shared.tls_failures.read(TlsFailures::Side::upstream);
  for (const auto& worker : shared.workers)
    gauges.worker_connections.push_back(static_cast<int>(worker->session_count()));
  return gauges;
}

std::vector<control::AddressStatus> Server::addresses() const {
  auto all = impl_->shared.resolver.unresolved();
  for (const auto& target : *impl_->shared.targets.list()) all.push_back(status_of(*target));
  return all;
}

}  // namespace sweetspot::proxy
