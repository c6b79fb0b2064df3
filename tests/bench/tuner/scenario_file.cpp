#include "tests/bench/tuner/scenario_file.hpp"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace sweetspot::bench {

namespace {

using nlohmann::json;
using namespace simulation;

Duration seconds_of(double s) { return tuner::from_seconds(s); }
Duration ms_of(double ms) { return tuner::from_seconds(ms / 1e3); }

// One object of the file: reads each key once and refuses those that nobody read.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail("", "found no object");
  }

  const json* find(const char* key) {
    read_[key] = true;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  template <typename T>
  void get(const char* key, T& value) {
    if (const json* found = find(key)) {
      try {
        value = found->get<T>();
      } catch (const json::exception&) {
        fail(key, "found " + found->dump());
      }
    }
  }

  template <typename Unit>
  void get_duration(const char* key, Duration& value, Unit unit) {
    if (find(key)) value = unit(number(key));
  }
  template <typename Unit>
  void get_duration(const char* key, std::optional<Duration>& value, Unit unit) {
    if (find(key)) value = unit(number(key));
  }
  template <typename T>
  void get_optional(const char* key, std::optional<T>& value) {
    T read{};
    if (find(key)) get(key, read), value = read;
  }

  template <typename T>
  void get_choice(const char* key, T& value, const std::map<std::string, T>& choices) {
    std::string name;
    get(key, name);
    if (name.empty()) return;
    const auto found = choices.find(name);
    if (found == choices.end()) fail(key, "found " + name);
    value = found->second;
  }

  void end() const {
    for (const auto& [key, value] : object_.items()) {
      if (!read_.count(key)) fail(key, "is not known");
    }
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw std::runtime_error(where_ + ": " + key + " " + what);
  }

 private:
  double number(const char* key) {
    double value = 0;
    get(key, value);
    return value;
  }

  const json& object_;
  std::string where_;
  std::map<std::string, bool> read_;
};

BackendSpec backend_of(const json& object, const std::string& where) {
  Fields f(object, where + ".backend");
  BackendSpec spec;
  f.get_choice("kind", spec.kind,
               {{"servers", BackendKind::servers},
                {"shared", BackendKind::shared},
                {"usl", BackendKind::usl},
                {"disk", BackendKind::disk},
                {"convoy", BackendKind::convoy}});
  f.get_choice("distribution", spec.distribution,
               {{"deterministic", Distribution::deterministic},
                {"exponential", Distribution::exponential},
                {"lognormal", Distribution::lognormal},
                {"bimodal", Distribution::bimodal}});
  f.get("parallelism", spec.parallelism);
  f.get_duration("service_ms", spec.service, ms_of);
  f.get_duration("io_ms", spec.io, ms_of);
  f.get("sigma", spec.sigma);
  f.get("slow_share", spec.slow_share);
  f.get("slow_factor", spec.slow_factor);
  f.get("contention", spec.contention);
  f.get("coherency", spec.coherency);
  f.get("wander", spec.wander);
  f.get_duration("wander_over_s", spec.wander_over, seconds_of);
  f.get("convoy_enter", spec.convoy_enter);
  f.get("convoy_leave", spec.convoy_leave);
  f.get("convoy_factor", spec.convoy_factor);
  f.end();
  return spec;
}

Traffic traffic_of(const json& object, const std::string& where) {
  Fields f(object, where + ".traffic");
  Traffic traffic;
  f.get("clients", traffic.clients);
  f.get_duration("think_ms", traffic.think, ms_of);
  f.get("load", traffic.load);
  f.get_choice("shape", traffic.shape,
               {{"poisson", Traffic::Shape::poisson},
                {"mmpp", Traffic::Shape::mmpp},
                {"diurnal", Traffic::Shape::diurnal},
                {"bursts", Traffic::Shape::bursts}});
  f.get("swing", traffic.swing);
  f.get_duration("period_s", traffic.period, seconds_of);
  f.get("retries", traffic.retries);
  f.get_duration("back_off_ms", traffic.back_off, ms_of);
  f.end();
  return traffic;
}

double neutral(Event::What what) {
  const bool is_factor =
      what == Event::What::capacity || what == Event::What::speed || what == Event::What::load;
  return is_factor ? 1 : 0;
}

// One entry may stand for several events: it ends after `lasts_s`, and comes again every `every_s`.
void add_events(const json& object, const std::string& where, std::vector<Event>& events) {
  Fields f(object, where + ".events");
  Event event;
  Duration lasts{}, every{}, until{};
  f.get_choice("what", event.what,
               {{"capacity", Event::What::capacity},
                {"speed", Event::What::speed},
                {"load", Event::What::load},
                {"latency_ms", Event::What::latency},
                {"failures", Event::What::failures},
                {"stall", Event::What::stall},
                {"outage", Event::What::outage}});
  f.get_duration("at_s", event.at, seconds_of);
  f.get("value", event.value);
  f.get_duration("over_s", event.over, seconds_of);
  f.get("phase", event.phase);
  f.get_duration("lasts_s", lasts, seconds_of);
  f.get_duration("every_s", every, seconds_of);
  f.get_duration("until_s", until, seconds_of);
  f.end();
  do {
    events.push_back(event);
    if (lasts > Duration::zero()) {
      Event end = event;
      end.at += lasts;
      end.value = neutral(event.what);
      end.over = {};
      events.push_back(end);
    }
    event.at += every;
  } while (every > Duration::zero() && event.at < until);
}

Targets targets_of(const json& object, const std::string& where) {
  Fields f(object, where + ".targets");
  Targets t;
  f.get_optional("goodput", t.goodput);
  f.get_optional("p99", t.p99);
  f.get_duration("converges_s", t.converges, seconds_of);
  std::vector<double> recovers;
  f.get("recovers_s", recovers);
  for (double s : recovers) t.recovers.push_back(seconds_of(s));
  f.get_optional("phase_goodput", t.phase_goodput);
  f.get_optional("held_min", t.held_min);
  f.get_optional("held_max", t.held_max);
  f.get_optional("never_settles", t.never_settles);
  f.get_optional("largest", t.largest);
  f.get("no_probe_sheds", t.no_probe_sheds);
  f.end();
  return t;
}

Scenario scenario_of(const json& object, std::vector<int>& starts) {
  Scenario s;
  s.name = object.value("name", "unnamed");
  Fields f(object, s.name);
  f.get("name", s.name);
  if (const json* backend = f.find("backend")) s.backend = backend_of(*backend, s.name);
  if (const json* traffic = f.find("traffic")) s.traffic = traffic_of(*traffic, s.name);
  if (const json* events = f.find("events")) {
    for (const json& each : *events) add_events(each, s.name, s.events);
  }
  if (const json* targets = f.find("targets")) s.targets = targets_of(*targets, s.name);
  f.get_duration("span_s", s.span, seconds_of);
  f.get_choice(
      "objective", s.objective,
      {{"balanced", tuner::Objective::balanced}, {"throughput", tuner::Objective::throughput}});
  f.get("start", s.start);
  f.get("starts", starts);
  f.get_optional("queue_size", s.queue_size);
  f.get_duration("queue_timeout_ms", s.queue_timeout, ms_of);
  f.get_duration("deadline_ms", s.deadline, ms_of);
  f.end();
  if (s.span <= Duration::zero() || s.start < 1) f.fail("span_s, start", "must be positive");
  return s;
}

}  // namespace

std::vector<Scenario> read_scenarios(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  json root;
  try {
    root = json::parse(file, nullptr, true, true);
  } catch (const json::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
  std::vector<Scenario> scenarios;
  for (const json& each : root.is_array() ? root : root.value("scenarios", json::array())) {
    std::vector<int> starts;
    const Scenario scenario = scenario_of(each, starts);
    if (starts.empty()) scenarios.push_back(scenario);
    for (int start : starts) {
      scenarios.push_back(scenario);
      scenarios.back().start = start;
      scenarios.back().name += "_from_" + std::to_string(start);
    }
  }
  if (scenarios.empty()) throw std::runtime_error(path + ": holds no scenarios");
  return scenarios;
}

}  // namespace sweetspot::bench
