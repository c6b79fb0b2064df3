#include "service/member.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sweetspot::service {
namespace {

using observe::Event;

// A pod's name is its host's.
std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

void log_change(const observe::Log& log, const fleet::View& view) {
  const std::string state(to_string(view.state));
  if (view.why.empty())
    log(Event::fleet_changed, {{"state", state}});
  else
    log(Event::fleet_unavailable, {{"state", state}, {"why", view.why}});
}

}  // namespace

std::unique_ptr<fleet::Fleet> make_member(boost::asio::io_context& loop,
                                          const config::Config& config, const Memory& memory,
                                          const observe::Log& log) {
  if (config.fleet.lease.empty()) return nullptr;
  return std::make_unique<fleet::Fleet>(
      loop, fleet::Fleet::Plan{
                .settings = config.fleet,
                .environment = [](const char* name) -> const char* { return std::getenv(name); },
                .fingerprint = memory.fingerprint(),
                .name = host_name(),
                .on_change = [&log](const fleet::View& view) { log_change(log, view); }});
}

}  // namespace sweetspot::service
