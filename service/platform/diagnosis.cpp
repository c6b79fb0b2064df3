#include "service/platform/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "service/platform/rlimit.hpp"

namespace sweetspot::platform {
namespace {

using Level = Finding::Level;
using std::chrono::nanoseconds;

constexpr nanoseconds dear_clock{100};  // a system call costs more, the VDSO less
constexpr int starts_per_cpu = 32;  // beyond this a start size is no guess from the CPUs any more

std::string text_of(std::uint64_t number) { return std::to_string(number); }

std::string text_of(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", number);
  return text.data();
}

Finding clock_finding(const Clock& clock) {
  const std::string cost =
      "reading the clock costs " + text_of(std::uint64_t(clock.cost.count())) + " ns";
  const std::string source = clock.source.empty() ? "" : " (clock source " + clock.source + ")";
  if (!clock.has_vdso)
    return {"clock", Level::warning,
            cost + ": this kernel offers no VDSO, so that each is a system call"};
  if (clock.cost > dear_clock)
    return {"clock", Level::warning,
            cost + source +
                ", as much as a system call: choose tsc, or what the hypervisor offers, in "
                "/sys/devices/system/clocksource/clocksource0/current_clocksource"};
  return {"clock", Level::ok, cost + source + ", without a system call"};
}

void add_files(const DiagnosisFacts& facts, std::vector<Finding>& findings) {
  const auto limit_max = static_cast<std::uint64_t>(facts.limit_max);
  const std::uint64_t wanted = facts.connections + limit_max + spare_files;
  const std::string may = "the sidecar may open " + text_of(facts.open_files) + " files";
  if (facts.open_files < wanted)
    findings.push_back({"files", Level::warning,
                        may + ", but downstream.max_connections and limit.max need up to " +
                            text_of(wanted) + ": it lets " +
                            text_of(connections_within(facts.open_files, limit_max)) +
                            " clients connect at a time; raise the hard limit (ulimit -Hn)"});
  else
    findings.push_back({"files", Level::ok, may + ", and needs " + text_of(wanted) + " at most"});
  if (!facts.backend_open_files || *facts.backend_open_files >= limit_max + spare_files) return;
  findings.push_back({"files", Level::warning,
                      "the backend may open " + text_of(*facts.backend_open_files) +
                          " files, with limit.max " + text_of(limit_max) +
                          ": lower limit.max, or "
                          "raise the backend's limit"});
}

void add_cpus(const DiagnosisFacts& facts, std::vector<Finding>& findings) {
  const auto before = findings.size();
  const std::string quota = facts.cpu_quota ? ", a quota of " + text_of(*facts.cpu_quota) : "";
  const std::string has =
      text_of(std::uint64_t(facts.cpus)) + (facts.cpus == 1 ? " CPU" : " CPUs") + quota;
  const auto workers = text_of(std::uint64_t(facts.workers));
  if (facts.workers > facts.cpus)
    findings.push_back({"cpus", Level::warning,
                        has + ", and " + workers +
                            " workers: more workers than CPUs cost more than "
                            "they bring"});
  else if (facts.cpu_quota && facts.workers > *facts.cpu_quota)
    findings.push_back({"cpus", Level::warning,
                        has + ", and " + workers +
                            " workers: together they may be throttled for the "
                            "rest of a period, which every request sees"});
  if (facts.start > starts_per_cpu * facts.cpus)
    findings.push_back({"cpus", Level::warning,
                        has + ", and a start size of " + text_of(std::uint64_t(facts.start)) +
                            ": the search comes down from there, but begins with all of it"});
  if (findings.size() == before)
    findings.push_back({"cpus", Level::ok,
                        has + ", " + workers + (facts.workers == 1 ? " worker" : " workers") +
                            ", a start size of " + text_of(std::uint64_t(facts.start))});
}

Finding threads_finding(const DiagnosisFacts& facts) {
  if (!facts.knows_backend && !facts.backend.empty())
    return {"threads", Level::unknown,
            "no process of " + facts.backend +
                " is visible from here: is it right, and is the process namespace shared with it?"};
  if (!facts.knows_backend)
    return {"threads", Level::unknown,
            "the backend's process is not known: set backend.pid or backend.process, and share the "
            "process namespace with it"};
  const std::string has =
      "the backend has " + text_of(std::uint64_t(facts.backend_threads)) + " threads";
  if (!facts.backend_room)
    return {"threads", Level::unknown, has + "; its cgroup is not visible here"};
  if (!facts.backend_room->max) return {"threads", Level::ok, has + ", and no pids.max"};
  const auto [current, max] = *facts.backend_room;
  const std::uint64_t left = *max - std::min(*max, current);
  const std::string room = has + "; its cgroup holds " + text_of(current) + " of at most " +
                           text_of(*max) + " tasks (pids.max)";
  const auto limit_max = static_cast<std::uint64_t>(facts.limit_max);
  if (left < static_cast<std::uint64_t>(facts.start))
    return {"threads", Level::problem,
            room + ", which leaves no room for the start size of " +
                text_of(std::uint64_t(facts.start)) +
                ": a thread that cannot start ends many a server"};
  if (left < limit_max)
    return {"threads", Level::warning,
            room + ", and limit.max is " + text_of(limit_max) + ": lower it to " + text_of(left) +
                ", or raise pids.max"};
  return {"threads", Level::ok, room};
}

Finding accept_queue_finding(const DiagnosisFacts& facts) {
  if (!facts.accept_queue)
    return {"accept_queue", Level::unknown, "net.core.somaxconn cannot be read here"};
  const auto wanted =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(facts.backlog), facts.connections);
  const std::string somaxconn =
      "net.core.somaxconn is " + text_of(std::uint64_t(*facts.accept_queue));
  if (static_cast<std::uint64_t>(*facts.accept_queue) >= wanted)
    return {"accept_queue", Level::ok, somaxconn};
  return {"accept_queue", Level::warning,
          somaxconn +
              ": a burst of more connections than that is dropped, and comes again a second "
              "later; the listener asks for " +
              text_of(wanted)};
}

Finding bounds_finding(const DiagnosisFacts& facts) {
  const std::string bounds = "the limit goes from " + text_of(std::uint64_t(facts.limit_min)) +
                             " to " + text_of(std::uint64_t(facts.limit_max));
  if (!facts.backend_pool)
    return {"bounds", facts.knows_backend ? Level::ok : Level::unknown,
            bounds + "; the backend's command line tells nothing of a pool"};
  const int pool = *facts.backend_pool;
  const std::string tells =
      ", and the backend's command line tells of a pool of " + text_of(std::uint64_t(pool));
  if (facts.pin.value_or(facts.limit_min) > pool)
    return {"bounds", Level::problem,
            bounds + (facts.pin ? ", pinned at " + text_of(std::uint64_t(*facts.pin)) : "") +
                tells + ": the rest waits inside of it, unseen"};
  if (facts.limit_max > pool)
    return {"bounds", Level::warning,
            bounds + tells + ": set limit.max to " + text_of(std::uint64_t(pool)) +
                ", so that nothing waits inside of it, unseen"};
  return {"bounds", Level::ok, bounds + tells};
}

// 502, 503, 504: also what does not implement OPTIONS would say something else.
bool is_out_of_service(std::string_view status_line) {
  const auto status = status_line.substr(std::min(status_line.find(' '), status_line.size()));
  return status.starts_with(" 502") || status.starts_with(" 503") || status.starts_with(" 504");
}

Finding upstream_finding(const UpstreamAnswer& answer) {
  using Kind = UpstreamAnswer::Kind;
  const std::string& detail = answer.detail;
  switch (answer.kind) {
    case Kind::http:
      if (is_out_of_service(detail))
        return {"upstream", Level::warning,
                answer.address + " answers, but as one that cannot serve: " + detail};
      return {"upstream", Level::ok, answer.address + " answers: " + detail};
    case Kind::loop:
      return {"upstream", Level::problem,
              answer.address +
                  " leads back to this sidecar: what is sent there comes here again, "
                  "until no permit is left"};
    case Kind::unreachable:
      return {"upstream", Level::problem, answer.address + " cannot be reached: " + detail};
    case Kind::silent:
      return {"upstream", Level::warning,
              answer.address + " accepts a connection, but does not answer OPTIONS *: " + detail};
    case Kind::no_http:
      return {"upstream", Level::problem, answer.address + " does not speak HTTP/1: " + detail};
    case Kind::not_asked:
      break;
  }
  return {"upstream", Level::unknown, answer.address + " was not asked"};
}

void add_upstream(const DiagnosisFacts& facts, std::vector<Finding>& findings) {
  if (!facts.own_upstream.empty()) {
    findings.push_back({"upstream", Level::problem,
                        facts.own_upstream + " is where the sidecar itself listens: it is never "
                                             "used, for what is sent there would come back"});
    return;
  }
  for (const auto& answer : facts.answers) findings.push_back(upstream_finding(answer));
}

void add_storage(const DiagnosisFacts& facts, std::vector<Finding>& findings) {
  for (const auto& problem : facts.storage_problems)
    findings.push_back({"storage", Level::problem, problem});
  if (facts.storage_problems.empty())
    findings.push_back({"storage", Level::ok, "every configured file can be written"});
}

}  // namespace

std::string_view to_string(Finding::Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warning:
      return "warning";
    case Level::problem:
      return "problem";
    case Level::unknown:
      break;
  }
  return "unknown";
}

std::vector<Finding> diagnose(const DiagnosisFacts& facts) {
  std::vector<Finding> findings{clock_finding(facts.clock)};
  add_files(facts, findings);
  add_cpus(facts, findings);
  findings.push_back(threads_finding(facts));
  findings.push_back(accept_queue_finding(facts));
  findings.push_back(bounds_finding(facts));
  add_upstream(facts, findings);
  add_storage(facts, findings);
  return findings;
}

}  // namespace sweetspot::platform
