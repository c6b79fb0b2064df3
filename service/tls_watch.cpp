#include "service/tls_watch.hpp"

#include <vector>

namespace sweetspot::service {

using observe::Event;

namespace {

std::vector<std::string> files_of(const proxy::Settings& settings) {
  std::vector<std::string> files{settings.tls.certificate,  settings.tls.key,
                                 settings.tls.client_ca,    settings.upstream_tls.certificate,
                                 settings.upstream_tls.key, settings.upstream_tls.ca};
  std::erase(files, std::string());
  return files;
}

}  // namespace

TlsWatch::TlsWatch(const proxy::Settings& settings, proxy::Server& server, const observe::Log& log)
    : is_used_(settings.uses_tls()), files_(files_of(settings)), server_(server), log_(log) {}

void TlsWatch::each_second() {
  if (files_.has_changed()) reload();
  const auto gauges = server_.gauges();
  tell("downstream", gauges.downstream_handshakes, told_downstream_);
  tell("upstream", gauges.upstream_handshakes, told_upstream_);
}

void TlsWatch::reload() {
  if (!is_used_) return;
  files_.forget();
  if (const auto problem = server_.load_tls(); !problem.empty())
    log_(Event::tls_refused, {{"problem", problem}});
  else
    log_(Event::tls_reloaded, {{"expires", server_.gauges().certificate_expires}});
}

// A client that does not trust us, or an upstream that we do not trust, is worth a line, but not
// one for each connection.
void TlsWatch::tell(const char* side, const proxy::TlsFailures::Reading& seen,
                    std::uint64_t& told) {
  if (seen.count == told) return;
  log_(Event::handshakes_failed, {{"side", std::string(side)},
                                  {"count", static_cast<std::int64_t>(seen.count - told)},
                                  {"problem", seen.last}});
  told = seen.count;
}

}  // namespace sweetspot::service
