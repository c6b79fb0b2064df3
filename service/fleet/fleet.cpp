#include "service/fleet/fleet.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <random>
#include <utility>

#include "service/fleet/api_client.hpp"
#include "service/fleet/learnt.hpp"
#include "service/fleet/turns.hpp"

namespace sweetspot::fleet {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto start_waits = 2s;    // for what others learnt
constexpr auto watch_lasts = 300s;  // then the server ends it, and it begins anew
constexpr auto watch_silence = 310s;
constexpr double worth_a_start = 0.4;  // confidence
constexpr auto refresh_after = 10min;  // of what was published

std::uint64_t any_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::string any_suffix() { return fingerprint_of({std::to_string(any_seed())}).substr(0, 8); }

}  // namespace

struct Fleet::Impl {
  Impl(boost::asio::io_context& io, Plan given)
      : loop(io),
        plan(std::move(given)),
        identity(plan.name + "_" + any_suffix()),
        turns({.identity = identity,
               .term = plan.settings.term,
               .has_workload = !plan.settings.workload.empty(),
               .seed = any_seed()}),
        pause(io) {
    auto found = find_cluster(plan.settings, plan.environment);
    problem = std::move(found.problem);
    if (!found.cluster) return;
    const std::string leases =
        "/apis/coordination.k8s.io/v1/namespaces/" + found.cluster->name_space + "/leases";
    lease_path = leases + "/" + plan.settings.lease;
    watch_path = leases + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" +
                 std::to_string(watch_lasts.count()) + "&fieldSelector=metadata.name%3D" +
                 plan.settings.lease + "&resourceVersion=";
    workload = workload_path(plan.settings.workload, found.cluster->name_space).value_or("");
    api.emplace(io, std::move(*found.cluster));
  }

  View view(TimePoint now) const {
    if (!problem.empty()) return {.state = State::refused, .why = problem};
    return {.state = turns.state(now),
            .why = turns.why(),
            .turns = turns.turns(),
            .writes = turns.writes()};
  }

  void tick(control::Steering& steering, TimePoint now) {
    if (!began) begin(steering, now);
    if (api) {
      start_from_others(steering);
      ask(self(steering, now), now);
      follow();
    }
    const bool may = api && !leaves && turns.may_explore(now);
    const View now_seen = view(now);
    const std::string why = now_seen.state == State::following ? "the Lease is another's or free"
                            : now_seen.why.empty() ? std::string(to_string(now_seen.state))
                                                   : now_seen.why;
    steering.allow_exploration(may, may ? "it holds the Lease " + plan.settings.lease : why, now);
    steering.set_fleet(to_string(now_seen.state));
    say(now_seen);
  }

  // Turns come and go; what is worth a line in the log is whether there are any.
  void say(const View& view) {
    const bool is_well = view.state == State::exploring || view.state == State::paused;
    const State state = is_well ? State::following : view.state;
    if (state == said && view.why == said_why) return;
    said = state;
    said_why = view.why;
    plan.on_change({.state = state, .why = view.why});
  }

  // A start is worth a moment's wait: what others learnt spares a climb.
  void begin(control::Steering& steering, TimePoint now) {
    began = true;
    if (api) steering.wait_at_start(now + start_waits);
  }

  void start_from_others(control::Steering& steering) {
    const TimePoint now = Clock::now();
    if (has_started || !turns.lease()) return;
    has_started = true;
    steering.wait_at_start(now);
    const auto known = find_knowledge(turns.lease()->knowledge, fingerprint(steering.objective()),
                                      std::chrono::system_clock::now());
    if (!known || known->age > plan.settings.max_age || known->confidence < worth_a_start) return;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(known->age).count();
    steering.adopt(known->limit,
                   "learnt by " + (known->by.empty() ? "another replica" : known->by) + " " +
                       std::to_string(age) + " s ago, confidence " +
                       std::to_string(static_cast<int>(known->confidence * 100)) + " %",
                   now);
  }

  std::string fingerprint(tuner::Objective objective) const {
    auto parts = plan.fingerprint;
    parts.emplace_back(to_string(objective));
    return fingerprint_of(parts);
  }

  Self self(const control::Steering& steering, TimePoint now) {
    if (now - looked_for_news >= 1s) look_for_news(steering, now);
    return {.wants = steering.wants_to_explore() && !leaves,
            .explores = steering.is_exploring(),
            .news = news,
            .is_urgent = is_urgent,
            .leaves = leaves};
  }

  // Whatever is written carries the news along. A write of its own is only worth what nobody knows.
  void look_for_news(const control::Steering& steering, TimePoint now) {
    looked_for_news = now;
    news = learnt(steering.status(now), steering.decisions().entries());
    is_urgent = false;
    if (!news || !turns.lease()) return;
    news->fingerprint = fingerprint(steering.objective());
    news->by = plan.name;
    const auto known = find_knowledge(turns.lease()->knowledge, news->fingerprint,
                                      std::chrono::system_clock::now());
    const bool is_ours = known && known->by == plan.name;
    if (is_ours && known->limit == news->limit && known->age < refresh_after) {
      news.reset();
    } else {
      is_urgent = !known || known->age > plan.settings.max_age / 2;
    }
  }

  void ask(const Self& self, TimePoint now) {
    const auto request = turns.next(self, now, std::chrono::system_clock::now());
    if (!request) return;
    const bool looks = request->kind == Request::Kind::get_workload;
    api->send({.path = looks ? workload : lease_path, .body = request->body},
              [this](const Answer& answer) { turns.answered(answer, Clock::now()); });
  }

  // One watch at a time, from what is known on.
  void follow() {
    if (watches || !turns.lease()) return;
    watches = true;
    api->watch(
        watch_path + (version.empty() ? turns.lease()->version : version), watch_silence,
        [this](std::string_view line) { take(parse_watch_event(line)); },
        [this](const Answer& end) { watch_ended(end); });
  }

  void take(const WatchEvent& event) {
    watch_failures.reset();
    switch (event.kind) {
      case WatchEvent::Kind::changed:
        version = event.lease->version;
        return turns.seen(*event.lease, Clock::now());
      case WatchEvent::Kind::bookmark:
        version = event.version;
        return;
      case WatchEvent::Kind::deleted:
      case WatchEvent::Kind::expired:
      case WatchEvent::Kind::failed:
        break;
    }
    version.clear();
    turns.lost_sight();
  }

  void watch_ended(const Answer& end) {
    Duration wait = std::chrono::milliseconds(100);
    if (end.status != 200) {
      version.clear();  // too old (410), or nobody knows what was missed
      turns.lost_sight();
      wait = std::max(end.retry_after.value_or(Duration::zero()), watch_failures.next(random));
    }
    pause.expires_after(wait);
    pause.async_wait([this](boost::system::error_code error) {
      if (!error) watches = false;
    });
  }

  boost::asio::io_context& loop;
  Plan plan;
  std::string identity;
  Turns turns;
  std::optional<ApiClient> api;
  std::string problem;  // why there is none
  std::string lease_path, watch_path, workload;

  bool began = false, has_started = false, leaves = false;
  State said = State::off;
  std::string said_why;
  std::optional<Knowledge> news;
  bool is_urgent = false;
  TimePoint looked_for_news{};

  bool watches = false;
  std::string version;  // up to which the watch has seen; empty: what the Lease says
  boost::asio::steady_timer pause;
  std::mt19937_64 random{any_seed()};
  Backoff watch_failures{1s, 60s};
};

Fleet::Fleet(boost::asio::io_context& loop, Plan plan)
    : impl_(std::make_unique<Impl>(loop, std::move(plan))) {}
Fleet::~Fleet() { stop(); }

void Fleet::tick(control::Steering& steering, tuner::TimePoint now) { impl_->tick(steering, now); }

void Fleet::leave() {
  impl_->leaves = true;
  if (impl_->api) impl_->ask({.leaves = true}, Clock::now());
}

void Fleet::stop() {
  impl_->pause.cancel();
  if (impl_->api) impl_->api->stop();
}

View Fleet::view() const { return impl_->view(Clock::now()); }

}  // namespace sweetspot::fleet
