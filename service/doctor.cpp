#include "service/doctor.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "service/platform/cpus.hpp"
#include "service/platform/family.hpp"
#include "service/proxy/addresses.hpp"
#include "service/proxy/settings.hpp"
#include "service/upstream_probe.hpp"

namespace sweetspot::service {
namespace {

constexpr auto patience = std::chrono::milliseconds(2000);  // with all addresses together

// Empty where the file could be replaced or appended to.
std::string judge_storage(const std::string& key, const std::string& path) {
  if (path.empty()) return {};
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (std::filesystem::is_directory(path)) return key + ": " + path + " is a folder";
  const bool is_there = ::access(path.c_str(), F_OK) == 0;
  if (::access(folder.c_str(), W_OK | X_OK) == 0 &&
      (!is_there || ::access(path.c_str(), W_OK) == 0))
    return {};
  return key + ": " + path + " cannot be written: " + std::strerror(errno);
}

// What may be looked at at once, without waiting for anybody.
platform::DiagnosisFacts look(const config::Config& config, int start_size,
                              std::optional<int> backend) {
  platform::DiagnosisFacts facts;
  facts.open_files = platform::open_file_limit_of(::getpid()).value_or(0);
  facts.connections = config.proxy.max_connections;
  facts.cpus = platform::available_cpus();
  facts.cpu_quota = platform::cpu_quota();
  facts.workers = config.proxy.workers;
  facts.start = start_size;
  facts.accept_queue = platform::longest_accept_queue();
  facts.backlog = proxy::listen_backlog;
  facts.limit_min = config.limit.min;
  facts.limit_max = config.limit.max;
  facts.pin = config.limit.pin;
  for (const auto& problem : {judge_storage("state.file", config.memory.file),
                              judge_storage("decisions.file", config.decisions.path),
                              judge_storage("recording.file", config.recording.path)})
    if (!problem.empty()) facts.storage_problems.push_back(problem);
  if (config.backend_pid)
    facts.backend = "backend.pid " + std::to_string(*config.backend_pid);
  else if (!config.backend_process.empty())
    facts.backend = "backend.process " + config.backend_process;
  const auto process = backend ? platform::ProcessFamily(*backend).status() : std::nullopt;
  facts.knows_backend = process.has_value();
  if (!process) return facts;
  facts.backend_threads = process->threads;
  facts.backend_open_files = platform::open_file_limit_of(*backend);
  facts.backend_room = platform::task_room_of(*backend);
  facts.backend_pool = platform::pool_of(*backend);
  return facts;
}

platform::UpstreamAnswer ask(const proxy::Endpoint& endpoint, bool may_ask,
                             std::chrono::milliseconds at_most, const std::string& field) {
  platform::UpstreamAnswer answer;
  if (may_ask && !proxy::is_unix(endpoint))
    answer = ask_upstream(endpoint.host, endpoint.port, at_most, field);
  answer.address = proxy::format(endpoint);
  return answer;
}

}  // namespace

struct Doctor::Impl {
  void join() {
    if (thread.joinable()) thread.join();
  }

  boost::asio::io_context& loop;
  int start_size;
  platform::FindProcess find_backend;
  NameOwnUpstream own_upstream;
  const std::string probe_field;
  std::thread thread;
  bool is_busy = false;
};

Doctor::Doctor(boost::asio::io_context& loop, int start_size, platform::FindProcess find_backend,
               NameOwnUpstream own_upstream, std::string probe_field)
    : impl_(new Impl{loop,
                     start_size,
                     std::move(find_backend),
                     std::move(own_upstream),
                     std::move(probe_field),
                     {},
                     false}) {}

Doctor::~Doctor() { impl_->join(); }

bool Doctor::examine(const config::Config& config, std::function<void(const Findings&)> done) {
  if (std::exchange(impl_->is_busy, true)) return false;
  impl_->join();
  const auto backend = impl_->find_backend ? impl_->find_backend() : std::nullopt;
  auto facts = look(config, impl_->start_size, backend);
  facts.own_upstream = impl_->own_upstream();
  const bool asks =
      config.asks_upstream && facts.own_upstream.empty() && !config.proxy.upstream_tls.enabled;
  impl_->thread = std::thread([impl = impl_.get(), facts = std::move(facts), done = std::move(done),
                               upstream = config.proxy.upstream, asks]() mutable {
    facts.clock = platform::look_at_clock();
    for (const auto& endpoint : upstream)
      facts.answers.push_back(ask(endpoint, asks, patience / upstream.size(), impl->probe_field));
    boost::asio::post(impl->loop,
                      [impl, findings = platform::diagnose(facts), done = std::move(done)] {
                        impl->is_busy = false;
                        done(findings);
                      });
  });
  return true;
}

}  // namespace sweetspot::service
