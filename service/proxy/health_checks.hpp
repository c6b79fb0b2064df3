#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "service/proxy/settings.hpp"
#include "service/proxy/tls.hpp"
#include "service/proxy/upstream_targets.hpp"

namespace sweetspot::proxy {

// Asks each address of the upstream for a path, by a thread of its own, one after another. One that
// fails a few times in a row is out of use until it answers again. These requests hold no permit.
class HealthChecks {
 public:
  HealthChecks(const Settings& settings, const std::string& authority, UpstreamTargets& targets);
  ~HealthChecks();
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;

  void use(const TlsContexts& contexts);  // any thread
  void start();

 private:
  void run();
  void check(Target& target);
  std::string ask(const Target& target);  // what is wrong with it; empty for nothing
  TlsContexts contexts();

  const HealthSettings settings_;
  const UpstreamTlsSettings tls_;
  const std::string request_;
  UpstreamTargets& targets_;
  const int interrupt_;                  // can be read once a question must end
  std::map<std::string, int> failures_;  // in a row, by address
  std::mutex mutex_;
  std::condition_variable stop_;
  TlsContexts contexts_;
  bool stops_ = false;
  std::thread thread_;
};

}  // namespace sweetspot::proxy
