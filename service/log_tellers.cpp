#include "service/log_tellers.hpp"

#include <string_view>
#include <utility>

namespace sweetspot::service {

using observe::Event;

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

namespace {

// What an operator has to know is told, also where the limit stays.
Event event_of(const control::Decision& decision) {
  const auto& verdict = decision.verdict;
  if (decision.action == "advice") return Event::limit_advised;
  if (verdict.from != verdict.to) return Event::limit_changed;
  switch (verdict.reason) {
    case tuner::Reason::outage:
      return Event::outage;
    case tuner::Reason::paused:
      return Event::tuning_paused;
    case tuner::Reason::resumed:
      return Event::tuning_resumed;
    default:
      return Event::limit_kept;
  }
}

}  // namespace

void tell(const observe::Log& log, const control::Decision& decision) {
  const auto& verdict = decision.verdict;
  observe::LogFields fields{{"from", std::int64_t{verdict.from}},
                            {"to", std::int64_t{verdict.to}},
                            {"reason", std::string(to_string(verdict.reason))},
                            {"state", std::string(to_string(verdict.state))},
                            {"sequence", static_cast<std::int64_t>(verdict.sequence)},
                            {"sentence", verdict.sentence}};
  const std::pair<std::string_view, const std::string&> ordered[] = {
      {"action", decision.action}, {"who", decision.who}, {"comment", decision.comment}};
  for (const auto& [name, value] : ordered)
    if (!value.empty()) fields.push_back({name, value});
  log(event_of(decision), fields);
}

void tell(const observe::Log& log, const control::ConfigurationStatus& status) {
  const auto named = [](const std::vector<std::string>& words, const char* between) {
    return words.empty() ? std::string("none") : joined(words, between);
  };
  if (status.last.accepted())
    log(Event::config_reloaded, {{"source", status.source},
                                 {"applied", named(status.last.applied, ",")},
                                 {"restart", named(status.last.restart, ",")}});
  else
    log(Event::config_refused,
        {{"source", status.source}, {"problem", named(status.last.errors, "; ")}});
}

void tell(const observe::Log& log, const std::vector<platform::Finding>& findings) {
  using Level = platform::Finding::Level;
  for (const auto& [check, level, sentence] : findings)
    if (level == Level::warning || level == Level::problem)
      log(Event::doctor_warning, {{"check", check}, {"finding", sentence}});
}

void tell(const observe::Log& log, const control::AddressStatus& address) {
  if (address.is_self)
    log(Event::upstream_is_self, {{"address", address.address}});
  else if (address.problem.empty())
    log(Event::upstream_up, {{"address", address.address}});
  else
    log(Event::upstream_down, {{"address", address.address}, {"problem", address.problem}});
}

}  // namespace sweetspot::service
