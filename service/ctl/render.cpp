#include "service/ctl/render.hpp"

#include "service/ctl/message_json.hpp"
#include "service/ctl/text.hpp"
#include "service/ctl/yaml_text.hpp"

namespace sweetspot::ctl {
namespace {

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string verdict_line(const v1::Verdict& verdict) {
  std::string line = clock_text(verdict.unix_time_ms()) +
                     format("  #%llu  ", static_cast<unsigned long long>(verdict.sequence())) +
                     printable(verdict.reason()) + "  " + printable(verdict.sentence());
  const std::string by = verdict.who().empty() ? "" : "by " + printable(verdict.who());
  const std::string why = printable(verdict.comment());
  if (!by.empty() || !why.empty())
    line += " (" + by + (by.empty() || why.empty() ? "" : ": ") + why + ")";
  return line;
}

// Those of the upstream that are down.
std::vector<const v1::AddressStatus*> addresses_down(const v1::Status& s) {
  std::vector<const v1::AddressStatus*> down;
  for (const auto& address : s.addresses())
    if (!address.up()) down.push_back(&address);
  return down;
}

std::string status_line(const v1::Status& s) {
  std::string line =
      format("limit %4d  in flight %4d  queued %4d  %9.1f/s  p50 %8.1f ms  p99 %8.1f ms  %s",
             s.limit(), s.in_flight(), s.queued(), s.throughput(), s.p50_ms(), s.p99_ms(),
             printable(s.state()).c_str());
  const auto down = addresses_down(s);
  if (!down.empty()) line += "  down: " + printable(down.front()->address());
  if (down.size() > 1) line += format(" and %zu more", down.size() - 1);
  return line;
}

// As it may stand in a YAML file. A list is shown in brackets already.
std::string yaml_scalar(const std::string& value) {
  constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-:";
  const bool is_list = value.starts_with('[') && value.ends_with(']');
  const bool is_plain = !value.empty() && value.find_first_not_of(plain) == std::string::npos &&
                        value.front() != '-' && value.front() != ':' && value.back() != ':';
  return is_list || is_plain ? value : dump(value);
}

}  // namespace

std::string to_json(const google::protobuf::Message& message) { return dump(json_of(message)); }

// By way of JSON, which leaves no text that is not UTF-8.
std::string to_yaml(const google::protobuf::Message& message) {
  return "---\n" + to_yaml(nlohmann::ordered_json::parse(to_json(message)));
}

std::string status_text(const v1::Status& s) {
  std::string text;
  const auto row = [&](const char* name, const std::string& value) {
    text += format("%-12s", name) + value + "\n";
  };
  std::string limit = format("%d", s.limit());
  if (s.limit() != s.held_limit()) limit += format(" (held %d)", s.held_limit());
  row("limit",
      limit + format(", bounds %d to %d", s.limit_min(), s.limit_max()) +
          (s.pinned() ? ", pinned" : "") +
          (s.pin_expires_unix_ms() > 0 ? " until " + clock_text(s.pin_expires_unix_ms()) + " UTC"
                                       : ""));
  row("in flight", format("%d", s.in_flight()));
  row("queued", format("%d", s.queued()));
  row("saturation", format("%.2f", s.saturation()));
  row("state", printable(s.state()) + ", objective " + printable(s.objective()) + ", mode " +
                   printable(s.mode()) + ", algorithm " + printable(s.algorithm()));
  row("throughput", format("%.1f/s", s.throughput()));
  row("latency", format("p50 %.1f ms, p99 %.1f ms", s.p50_ms(), s.p99_ms()));
  row("at hold",
      format("%.1f/s, p50 %.1f ms, p99 %.1f ms, %.1f %% of requests explored elsewhere",
             s.held_throughput(), s.held_p50_ms(), s.held_p99_ms(), s.exploration_share() * 100));
  row("requests", format("%llu answered, %llu shed", static_cast<unsigned long long>(s.requests()),
                         static_cast<unsigned long long>(s.shed())));
  if (s.classes_size() > 1)
    for (const auto& c : s.classes())
      row("class", printable(c.name()) +
                       (c.group().empty() ? "" : " of group " + printable(c.group())) +
                       format(": in flight %d, queued %d, %llu answered, %llu shed", c.in_flight(),
                              c.queued(), static_cast<unsigned long long>(c.requests()),
                              static_cast<unsigned long long>(c.shed())));
  for (const auto& g : s.groups())
    row("group", printable(g.name()) + format(": limit %d, in flight %d, queued %d, share %g",
                                              g.limit(), g.in_flight(), g.queued(), g.share()));
  const auto down = addresses_down(s);
  for (const auto* address : down)
    row("upstream", printable(address->address()) + " is down since " +
                        clock_text(address->down_since_unix_ms()) +
                        " UTC: " + printable(address->problem()));
  if (!down.empty() && s.addresses_size() > 1)
    row("upstream",
        format("%zu of %d addresses are up",
               static_cast<std::size_t>(s.addresses_size()) - down.size(), s.addresses_size()));
  if (s.advised_limit() > 0) row("advice", format("a limit of %d", s.advised_limit()));
  if (s.backend_threads() > 0) row("backend", format("%d threads", s.backend_threads()));
  if (!s.fleet().empty() && s.fleet() != "off") row("fleet", printable(s.fleet()));
  row("version",
      printable(s.version()) + format(", up %.0f s", static_cast<double>(s.uptime_ms()) / 1e3));
  if (s.has_last_verdict()) row("verdict", verdict_line(s.last_verdict()));
  return text;
}

std::string event_text(const v1::WatchEvent& event) {
  if (event.has_verdict()) return verdict_line(event.verdict());
  return status_line(event.status());
}

std::string curve_text(const v1::Curve& curve) {
  std::string text = "limit  in flight      ops/s   p50 ms   p99 ms  elasticity  measured\n";
  for (const auto& p : curve.points()) {
    const std::string elasticity = p.elasticity() != 0 ? format("%.2f", p.elasticity()) : "";
    text += format("%5d  %9.1f  %9.1f  %7.1f  %7.1f  %10s  %s", p.limit(), p.in_flight(),
                   p.throughput(), p.p50_ms(), p.p99_ms(), elasticity.c_str(),
                   clock_text(p.unix_time_ms()).c_str());
    if (p.stale()) text += "  of another capacity or an earlier run";
    if (p.limit() == curve.sweet_spot()) text += "  <- the sweet spot";
    text += "\n";
  }
  text += "\nobjective " + printable(curve.objective()) +
          format(", held limit %d\n", curve.held_limit());
  if (curve.sweet_spot() > 0)
    text += format("sweet spot %d, between %d and %d, confidence %.2f\n", curve.sweet_spot(),
                   curve.low(), curve.high(), curve.confidence());
  return text + printable(curve.sentence()) + "\n";
}

std::string diagnosis_text(const v1::Diagnosis& diagnosis) {
  std::string text;
  for (const auto& finding : diagnosis.findings())
    text += format("%-8s %-13s", printable(finding.level()).c_str(),
                   printable(finding.check()).c_str()) +
            printable(finding.sentence()) + "\n";
  return text;
}

std::string config_text(const v1::Config& config) {
  std::string text;
  for (const auto& key : config.keys()) {
    std::string line = key.name() + ": " + yaml_scalar(key.value());
    if (!key.where().empty()) line += "  # " + key.where();
    text += printable(line) + "\n";
  }
  return text;
}

std::string review_text(const v1::ConfigReview& review, const std::string& now) {
  std::string text;
  for (const auto& error : review.errors()) text += printable(error) + "\n";
  for (const auto& key : review.applied()) text += now + ": " + printable(key) + "\n";
  for (const auto& key : review.restart()) text += "waits for a restart: " + printable(key) + "\n";
  return text.empty() ? "nothing to change\n" : text;
}

std::string table_text(const v1::Status& status, const std::vector<v1::Verdict>& newest) {
  std::string text = status_text(status);
  if (const auto verdict = text.find("\nverdict "); verdict != std::string::npos)
    text.resize(verdict + 1);  // those below say it
  text += "\n";
  for (auto verdict = newest.rbegin(); verdict != newest.rend(); ++verdict)
    text += verdict_line(*verdict) + "\n";
  return text;
}

}  // namespace sweetspot::ctl
