#include "service/config/change.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "service/config/keys.hpp"

namespace sweetspot::config {
namespace {

// All others are read once, at the start.
constexpr std::array live_keys{
    std::string_view("mode"),
    std::string_view("limit.initial"),  // nothing to do now, and no reason to restart
    std::string_view("limit.min"),
    std::string_view("limit.max"),
    std::string_view("limit.pin"),
    std::string_view("queue.size"),
    std::string_view("queue.timeout"),
    std::string_view("queue.bytes"),
    std::string_view("queue.discipline"),
    std::string_view("queue.codel_target"),
    std::string_view("queue.standing_after"),
    std::string_view("request.timeout"),
    std::string_view("response.first_byte_timeout"),
    std::string_view("response.idle_timeout"),
    std::string_view("connect.timeout"),
    std::string_view("pool.idle_timeout"),
    std::string_view("pool.lifetime"),
    std::string_view("downstream.header_timeout"),
    std::string_view("downstream.idle_timeout"),
    std::string_view("downstream.stall_timeout"),
    std::string_view("downstream.contended_stall_timeout"),
    std::string_view("downstream.least_rate"),
    std::string_view("downstream.max_connections"),
    std::string_view("head.max_size"),
    std::string_view("head.max_fields"),
    std::string_view("buffer.request"),
    std::string_view("buffer.response"),
    std::string_view("buffer.total"),
    std::string_view("forward.via"),
    std::string_view("forward.client"),
    std::string_view("forward.trusted"),
    std::string_view("bypass.paths"),
    std::string_view("rules"),
    std::string_view("reject.status"),
    std::string_view("reject.body"),
    std::string_view("request.deadline_headers"),
    std::string_view("on_client_abort"),
    std::string_view("tuner.objective"),
    std::string_view("tuner.p99_bound"),
    std::string_view("drain.delay"),
    std::string_view("drain.grace"),
    std::string_view("doctor.ask_upstream"),
    std::string_view("log.level"),
    std::string_view("access_log.sample"),
    std::string_view("access_log.slow"),
    std::string_view("response.server_timing"),
};

// A running limiter knows classes and groups by index, and takes other weights of the same ones.
bool is_taken(std::string_view key, bool only_weights_differ) {
  return is_live(key) || (only_weights_differ && (key == "classes" || key == "groups"));
}

template <class Taken>
std::vector<std::string> differences(const Config& one, const Config& other, Taken taken) {
  std::vector<std::string> names;
  for (const Key& key : keys())
    if (taken(key.name) && key.show(one) != key.show(other)) names.push_back(key.name);
  return names;
}

}  // namespace

bool is_live(std::string_view key) {
  return std::find(live_keys.begin(), live_keys.end(), key) != live_keys.end();
}

// What a configuration is made of are its entries: the new ones of live keys and the old ones of
// the others make the one in between, which must be sound in itself.
Change change(const Loaded& in_force, const Loaded& next) {
  Change change;
  change.errors = next.errors;
  if (!change.errors.empty()) return change;
  const bool weights = may_become(in_force.config.admission, next.config.admission);
  const auto taken = [weights](std::string_view key) { return is_taken(key, weights); };
  auto& entries = change.in_force.entries;
  for (const Entry& entry : in_force.entries)
    if (!taken(entry.key)) entries.push_back(entry);
  for (const Entry& entry : next.entries)
    if (taken(entry.key)) entries.push_back(entry);
  for (const auto& error : apply_entries(change.in_force.config, entries))
    change.errors.push_back(error + ", as long as there was no restart");
  if (!change.errors.empty()) return change;
  change.applied = differences(in_force.config, change.in_force.config, taken);
  change.restart = differences(in_force.config, next.config, std::not_fn(taken));
  return change;
}

}  // namespace sweetspot::config
