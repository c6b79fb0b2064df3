#include "service/ctl/actions.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "service/ctl/render.hpp"
#include "service/ctl/replay.hpp"
#include "service/platform/files.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::ctl {
namespace {

constexpr std::size_t verdicts_on_a_screen = 10;

// Each line over what was there, and nothing left below.
std::string frame(const std::string& text) {
  std::string screen = "\x1b[H";
  for (const char c : text) screen += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return screen + "\x1b[J";
}

// Rounded up: 0 means something else than a short while.
std::uint64_t milliseconds_of(const std::string& duration) {
  using std::chrono::milliseconds;
  return static_cast<std::uint64_t>(
      std::chrono::ceil<milliseconds>(*platform::parse_duration(duration)).count());
}

// The sidecar knows no name for a document that it was sent: it calls its lines document:1.
std::string naming(const std::string& file, const std::string& errors) {
  constexpr std::string_view name = "document:";
  std::string text = "\n" + errors;
  for (auto at = text.find("\ndocument:"); at != std::string::npos;
       at = text.find("\ndocument:", at + 1))
    text.replace(at + 1, name.size(), file + ":");
  return text.substr(1);
}

}  // namespace

Format Options::format() const {
  return output == "json" ? Format::json : output == "yaml" ? Format::yaml : Format::text;
}

Actions::Actions(const Options& options, std::ostream& out) : options_(options), out_(out) {}

Client Actions::connect() const {
  Connection connection = options_.connection;
  if (!options_.token_file.empty())
    connection.token = platform::first_word(platform::read_stream(options_.token_file));
  return {connection, *platform::parse_duration(options_.timeout)};
}

void Actions::print(const google::protobuf::Message& message, const std::string& text) {
  switch (options_.format()) {
    case Format::text:
      out_ << text;
      break;
    case Format::json:
      out_ << to_json(message) << "\n";
      break;
    case Format::yaml:
      out_ << to_yaml(message);
      break;
  }
  out_ << std::flush;
}

Outcome Actions::show(Outcome outcome, const v1::Status& status) {
  if (outcome.exit == Exit::done) print(status, status_text(status));
  return outcome;
}

template <class Request>
Outcome Actions::send(Outcome (Client::*call)(const Request&, v1::Status&), Request request) {
  request.set_comment(options_.comment);
  v1::Status status;
  auto client = connect();
  return show((client.*call)(request, status), status);
}

Outcome Actions::status() {
  v1::Status status;
  return show(connect().get_status(status), status);
}

Outcome Actions::explain() {
  auto client = connect();
  v1::Status status;
  v1::Curve curve;
  v1::ListVerdictsResponse verdicts;
  Outcome outcome = client.get_status(status);
  if (outcome.exit == Exit::done) outcome = client.get_curve(curve);
  if (outcome.exit == Exit::done) outcome = client.list_verdicts(0, verdicts);
  if (outcome.exit != Exit::done) return outcome;
  if (is_text()) {
    out_ << explanation_text(status, curve,
                             {verdicts.verdicts().begin(), verdicts.verdicts().end()});
    return outcome;
  }
  print(curve, {});
  return outcome;
}

Outcome Actions::curve() {
  v1::Curve curve;
  const Outcome outcome = connect().get_curve(curve);
  if (outcome.exit == Exit::done) print(curve, curve_text(curve));
  return outcome;
}

Outcome Actions::doctor() {
  v1::Diagnosis diagnosis;
  const Outcome outcome = connect().diagnose(diagnosis);
  if (outcome.exit != Exit::done) return outcome;
  print(diagnosis, diagnosis_text(diagnosis));
  for (const auto& finding : diagnosis.findings())
    if (finding.level() == "problem")
      return {Exit::refused, "doctor found a problem: " + finding.check()};
  return outcome;
}

Outcome Actions::windows() {
  const Outcome outcome =
      connect().export_windows([&](const std::string& part) { return (out_ << part).good(); });
  out_ << std::flush;
  return outcome;
}

Outcome Actions::replay() {
  return replay_recording({.file = options_.file,
                           .objective = options_.name,
                           .json = options_.format() == Format::json},
                          out_);
}

Outcome Actions::log() {
  v1::ListVerdictsResponse response;
  const Outcome outcome =
      connect().list_verdicts(static_cast<std::uint32_t>(options_.count), response);
  for (const auto& verdict : response.verdicts()) {
    v1::WatchEvent event;
    *event.mutable_verdict() = verdict;
    print(verdict, event_text(event) + "\n");
  }
  return outcome;
}

Outcome Actions::watch() {
  v1::WatchRequest request;
  request.set_status_interval_ms(static_cast<std::uint32_t>(milliseconds_of(options_.interval)));
  request.set_after_sequence(options_.sequence);
  if (is_text() && options_.is_terminal && !options_.lines && request.status_interval_ms() > 0)
    return watch_live(request);
  std::uint64_t seen = 0;
  return connect().watch(request, [&](const v1::WatchEvent& event) {
    print(event, is_text() ? event_text(event) + "\n" : "");
    return out_.good() && ++seen != options_.count;
  });
}

Outcome Actions::watch_live(const v1::WatchRequest& request) {
  std::vector<v1::Verdict> newest;
  v1::Status status;
  std::uint64_t seen = 0;
  auto client = connect();
  v1::ListVerdictsResponse known;
  const Outcome outcome = client.list_verdicts(verdicts_on_a_screen, known);
  if (outcome.exit != Exit::done) return outcome;
  newest.assign(known.verdicts().begin(), known.verdicts().end());
  out_ << "\x1b[2J";
  return client.watch(request, [&](const v1::WatchEvent& event) {
    if (event.has_status()) status = event.status();
    const bool is_new = event.has_verdict() &&
                        (newest.empty() || event.verdict().sequence() > newest.back().sequence());
    if (is_new) newest.push_back(event.verdict());
    if (newest.size() > verdicts_on_a_screen) newest.erase(newest.begin());
    out_ << frame(table_text(status, newest)) << std::flush;
    return out_.good() && ++seen != options_.count;
  });
}

Outcome Actions::pin() {
  v1::SetLimitRequest request;
  request.set_limit(options_.limit);
  request.set_expires_after_ms(milliseconds_of(options_.lasts));
  return send(&Client::set_limit, std::move(request));
}

Outcome Actions::unpin() { return send(&Client::unpin, v1::OrderRequest()); }

Outcome Actions::rollback() {
  v1::RollbackRequest request;
  request.set_sequence(options_.sequence);
  request.set_expires_after_ms(milliseconds_of(options_.lasts));
  return send(&Client::rollback, std::move(request));
}

Outcome Actions::bounds() {
  v1::SetBoundsRequest request;
  request.set_min(options_.min);
  request.set_max(options_.max);
  return send(&Client::set_bounds, std::move(request));
}

Outcome Actions::retune() { return send(&Client::retune, v1::RetuneRequest()); }
Outcome Actions::pause() { return send(&Client::pause, v1::OrderRequest()); }
Outcome Actions::resume() { return send(&Client::resume, v1::OrderRequest()); }

Outcome Actions::objective() {
  v1::SetObjectiveRequest request;
  request.set_objective(options_.name);
  using Milliseconds = std::chrono::duration<double, std::milli>;
  request.set_p99_bound_ms(Milliseconds(*platform::parse_duration(options_.p99_bound)).count());
  return send(&Client::set_objective, std::move(request));
}

Outcome Actions::mode() {
  v1::SetModeRequest request;
  request.set_mode(options_.name);
  return send(&Client::set_mode, std::move(request));
}

Outcome Actions::config_get() {
  v1::Config config, wanted;
  const Outcome outcome = connect().get_config(config);
  if (outcome.exit != Exit::done) return outcome;
  for (const auto& name : options_.keys) {
    const auto key = std::find_if(config.keys().begin(), config.keys().end(),
                                  [&](const v1::ConfigKey& one) { return one.name() == name; });
    if (key == config.keys().end()) return {Exit::refused, "found no key " + name};
    *wanted.add_keys() = *key;
  }
  const auto& shown = options_.keys.empty() ? config : wanted;
  print(shown, config_text(shown));
  return outcome;
}

Outcome Actions::config_check() {
  v1::ValidateConfigRequest request;
  v1::ConfigReview review;
  Outcome outcome = read_document(*request.mutable_document());
  if (outcome.exit == Exit::done) outcome = connect().validate_config(request, review);
  if (outcome.exit != Exit::done) return outcome;
  for (auto& error : *review.mutable_errors()) error = naming(options_.file, error);
  print(review, review_text(review, "would change at once"));
  if (!review.errors().empty()) return {Exit::refused, options_.file + " is refused"};
  return outcome;
}

Outcome Actions::config_apply() {
  v1::ApplyConfigRequest request;
  v1::ConfigReview review;
  request.set_comment(options_.comment);
  Outcome outcome = read_document(*request.mutable_document());
  if (outcome.exit == Exit::done) outcome = connect().apply_config(request, review);
  if (outcome.exit == Exit::done) print(review, review_text(review, "changed at once"));
  outcome.error = naming(options_.file, outcome.error);
  return outcome;
}

Outcome Actions::read_document(std::string& document) const {
  auto read = platform::read_stream(options_.file);
  if (!read) return {Exit::usage, options_.file + ": " + read.error};
  document = std::move(*read.value);
  return {};
}

Outcome Actions::health() {
  const Outcome outcome = connect().health();
  if (outcome.exit != Exit::done) return outcome;
  out_ << (options_.format() == Format::json   ? "{\"serving\":true}\n"
           : options_.format() == Format::yaml ? "---\nserving: true\n"
                                               : "serving\n");
  return outcome;
}

Outcome Actions::drain() {
  v1::LifecycleDrainRequest request;
  request.set_wait(options_.wait);
  request.set_comment(options_.comment);
  v1::LifecycleDrainResponse response;
  const Outcome outcome = connect().drain(request, response);
  if (outcome.exit != Exit::done) return outcome;
  print(response, response.drained() ? "drained\n" : "draining\n");
  if (response.drained() && !response.clean())
    return {Exit::refused, "drain.grace ran out: requests were cut off"};
  return {};
}

}  // namespace sweetspot::ctl
