#include "service/observe/live_messages.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sweetspot::observe {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_verdicts = 100;

// Three decimals say enough and keep a message short.
double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

Json milliseconds(const std::optional<tuner::Duration>& duration) {
  return duration ? Json(rounded(tuner::milliseconds(*duration))) : Json(nullptr);
}

Json json_of(const tuner::Arm& arm) {
  return {{"limit", arm.limit},
          {"samples", arm.samples},
          {"throughput", rounded(arm.throughput)},
          {"in_flight", rounded(arm.in_flight)},
          {"p50_ms", rounded(tuner::milliseconds(arm.p50))},
          {"p99_ms", rounded(tuner::milliseconds(arm.p99))},
          {"shed_share", rounded(arm.shed_share)},
          {"failure_share", rounded(arm.failure_share)}};
}

Json json_of(const control::Decision& decision) {
  const auto& verdict = decision.verdict;
  Json json{{"sequence", verdict.sequence},
            {"unix_ms", decision.unix_time_ms},
            {"from", verdict.from},
            {"to", verdict.to},
            {"reason", to_string(verdict.reason)},
            {"state", to_string(verdict.state)},
            {"sentence", verdict.sentence},
            {"comment", decision.comment},
            {"who", decision.who},
            {"action", decision.action}};
  if (verdict.lo) json["lo"] = json_of(*verdict.lo);
  if (verdict.hi) json["hi"] = json_of(*verdict.hi);
  if (verdict.lo && verdict.hi) {
    json["elasticity"] = rounded(verdict.elasticity);
    json["e_star"] = rounded(verdict.e_star);
    json["z"] = rounded(verdict.z);
  }
  return json;
}

Json json_of(const Sample& sample) {
  return {{"unix_ms", sample.unix_ms},
          {"limit", sample.limit},
          {"held_limit", sample.held_limit},
          {"in_flight", rounded(sample.in_flight)},
          {"queued", rounded(sample.queued)},
          {"throughput", rounded(sample.throughput)},
          {"shed", rounded(sample.shed)},
          {"backend_p50_ms", milliseconds(sample.backend.p50)},
          {"backend_p99_ms", milliseconds(sample.backend.p99)},
          {"queue_p50_ms", milliseconds(sample.queue_wait.p50)},
          {"queue_p99_ms", milliseconds(sample.queue_wait.p99)},
          {"total_p50_ms", milliseconds(sample.total.p50)},
          {"total_p99_ms", milliseconds(sample.total.p99)}};
}

// Of the upstream; a page shows few.
Json addresses_down(const control::Status& status) {
  constexpr std::size_t most = 8;
  Json down = Json::array();
  for (const auto& one : status.addresses)  // those that are down come first
    if (!one.problem.empty() && down.size() < most)
      down.push_back({{"address", one.address},
                      {"problem", one.problem},
                      {"since_ms", one.down_since_unix_ms}});
  return down;
}

Json json_of(const Moment& moment) {
  const control::Status& status = moment.status;
  return {{"limit", status.limit},
          {"held_limit", status.held_limit},
          {"limit_min", status.limit_min},
          {"limit_max", status.limit_max},
          {"in_flight", status.in_flight},
          {"queued", status.queued},
          {"state", to_string(status.state)},
          {"objective", to_string(status.objective)},
          {"mode", to_string(status.mode)},
          {"algorithm", to_string(status.algorithm)},
          {"pinned", status.pinned},
          {"pin_expires_ms", status.pin_expires_unix_ms},
          {"draining", status.draining},
          {"throughput", rounded(status.recent.throughput)},
          {"p50_ms", rounded(tuner::milliseconds(status.recent.p50))},
          {"p99_ms", rounded(tuner::milliseconds(status.recent.p99))},
          {"exploration_share", rounded(status.recent.exploration_share)},
          {"requests", status.requests},
          {"advised_limit", status.advised_limit ? Json(*status.advised_limit) : Json(nullptr)},
          {"addresses_down", addresses_down(status)},
          {"would_queue", moment.reading.would_queue},
          {"would_shed", moment.reading.would_shed},
          {"saturation", rounded(status.saturation())},
          {"uptime_ms", rounded(tuner::milliseconds(status.uptime))}};
}

Json json_of(const control::LearntCurve& curve) {
  Json points = Json::array(), steps = Json::array();
  for (const auto& learnt : curve.points) {
    Json point = json_of(learnt.arm);
    point["throughput_low"] = rounded(learnt.throughput_low);
    point["throughput_high"] = rounded(learnt.throughput_high);
    point["unix_ms"] = learnt.unix_time_ms;
    point["stale"] = learnt.stale;
    points.push_back(std::move(point));
  }
  for (const auto& step : curve.steps)
    steps.push_back({{"from", step.from},
                     {"to", step.to},
                     {"elasticity", rounded(step.elasticity)},
                     {"compared", step.is_compared}});
  Json json{{"points", std::move(points)}, {"steps", std::move(steps)}, {"e_star", curve.e_star}};
  if (curve.knee.sweet_spot) json["sweet_spot"] = *curve.knee.sweet_spot;
  json["confidence"] = rounded(curve.knee.confidence);
  json["sentence"] = curve.knee.sentence;
  return json;
}

template <class Id, class Count>
Json counts_of(std::size_t size, Count count) {
  Json counts = Json::object();
  for (std::size_t i = 0; i < size; ++i) {
    const auto id = static_cast<Id>(i);
    counts[std::string(to_string(id))] = count(id);
  }
  return counts;
}

// By class: what it has now, how its requests ended, and why they were shed.
Json classes_of(const PageFacts& facts, const Moment& moment, const control::Recorders& recorders) {
  Json classes = Json::array();
  for (std::size_t i = 0; i < facts.classes.size(); ++i) {
    const auto cls = static_cast<control::ClassId>(i);
    const auto sum = [&](auto read) {
      std::uint64_t total = 0;
      for (const auto& recorder : recorders) total += read(*recorder);
      return total;
    };
    const auto ended = [&](control::Outcome outcome) {
      return sum([&](const auto& recorder) { return recorder.requests(cls, outcome); });
    };
    const auto shed = [&](admission::ShedReason reason) {
      return sum([&](const auto& recorder) { return recorder.sheds(cls, reason); });
    };
    classes.push_back(
        {{"name", facts.classes[i].name},
         {"priority", facts.classes[i].priority},
         {"share", facts.classes[i].share},
         {"in_flight", moment.reading.classes[i].in_flight},
         {"queued", moment.reading.classes[i].queued},
         {"outcomes", counts_of<control::Outcome>(control::outcome_count, ended)},
         {"sheds", counts_of<admission::ShedReason>(admission::shed_reason_count, shed)}});
  }
  return classes;
}

std::string event(std::string_view name, const Json& data) {
  std::string text = "event: ";
  text.append(name).append("\ndata: ");
  text += data.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text + "\n\n";
}

}  // namespace

std::string hello_event(const PageFacts& facts, const Moment& moment,
                        const control::LearntCurve& curve, const std::deque<Sample>& samples,
                        const std::deque<control::Decision>& decisions,
                        const control::Recorders& recorders) {
  Json taken = Json::array(), verdicts = Json::array();
  for (const auto& sample : samples) taken.push_back(json_of(sample));
  const std::size_t skipped = decisions.size() - std::min(decisions.size(), most_verdicts);
  for (std::size_t i = skipped; i < decisions.size(); ++i)
    verdicts.push_back(json_of(decisions[i]));
  return event("hello", {{"version", SWEETSPOT_VERSION},
                         {"unix_ms", moment.unix_ms},
                         {"upstream", facts.upstream},
                         {"queue", facts.queue},
                         {"actions", facts.actions},
                         {"status", json_of(moment)},
                         {"samples", std::move(taken)},
                         {"verdicts", std::move(verdicts)},
                         {"knee", json_of(curve)},
                         {"classes", classes_of(facts, moment, recorders)}});
}

std::string sample_event(const PageFacts& facts, const Moment& moment, const Sample& sample,
                         const control::Recorders& recorders) {
  return event("sample", {{"status", json_of(moment)},
                          {"sample", json_of(sample)},
                          {"classes", classes_of(facts, moment, recorders)}});
}

std::string verdict_event(const Moment& moment, const control::LearntCurve& curve,
                          const control::Decision& newest) {
  return event(
      "verdict",
      {{"status", json_of(moment)}, {"verdict", json_of(newest)}, {"knee", json_of(curve)}});
}

std::string curve_event(const control::LearntCurve& curve) {
  return event("curve", {{"knee", json_of(curve)}});
}

}  // namespace sweetspot::observe
