#include <algorithm>

#include "service/ctl/knee_picture.hpp"
#include "service/ctl/render.hpp"
#include "service/ctl/text.hpp"

namespace sweetspot::ctl {
namespace {

constexpr double worth_saying = 1.05;  // ratio of two throughputs

// The verdict that the limit stands on: the last one that moved it, or the first one known.
const v1::Verdict* foundation(const std::vector<v1::Verdict>& verdicts) {
  for (auto verdict = verdicts.rbegin(); verdict != verdicts.rend(); ++verdict)
    if (verdict->from() != verdict->to()) return &*verdict;
  return verdicts.empty() ? nullptr : &verdicts.front();
}

// What goes on now, by state.
std::string doing(const v1::Status& s) {
  if (s.draining())
    return s.drained() ? "It has drained." : "It drains: nothing is tried any more.";
  if (s.pinned())
    return "It is pinned" +
           (s.pin_expires_unix_ms() > 0 ? " until " + clock_text(s.pin_expires_unix_ms()) + " UTC"
                                        : "") +
           ": nothing else is tried until `unpin` or `retune`.";
  if (s.mode() == "shadow")
    return "Mode shadow holds nothing back. " +
           (s.advised_limit() > 0
                ? format("By what traffic alone shows it would hold %d.", s.advised_limit())
                : "Where it would hold it does not know before traffic has shown several levels.");
  if (s.mode() != "enforce")
    return "Mode " + printable(s.mode()) +
           " holds nothing back, so nothing can be learnt, and nothing is tried.";
  if (s.algorithm() == "fixed") return "Algorithm fixed tries nothing else.";
  if (s.state() == "paused")
    return s.last_verdict().who() == "sweetspot"
               ? "It has paused by itself, and goes on by itself or at `resume`."
               : "It is paused: nothing else is tried until `resume`.";
  if (s.state() == "start")
    return "Nothing was learnt yet: that takes traffic that the limit holds back.";
  if (s.limit() != s.held_limit())
    return format("It holds %d, and tries %d just now (%s).", s.held_limit(), s.limit(),
                  printable(s.state()).c_str());
  return "It looks up and down from there now and then (" + printable(s.state()) + ").";
}

std::string binding(const v1::Status& s) {
  const std::string out = format("%d of %d permits are out", s.in_flight(), s.limit());
  if (s.queued() > 0)
    return "The limit binds: " + out + format(", and %d requests wait.", s.queued());
  if (s.in_flight() >= s.limit()) return "The limit binds: " + out + ", and nobody waits.";
  return "The limit does not bind: " + out + ", so that a larger one would change nothing now.";
}

// Who is down does nothing for the throughput that all is judged by.
std::string missing(const v1::Status& s) {
  const auto& all = s.addresses();
  const auto down =
      std::count_if(all.begin(), all.end(), [](const auto& one) { return !one.up(); });
  if (down == 0) return {};
  const auto first =
      std::find_if(all.begin(), all.end(), [](const auto& one) { return !one.up(); });
  const std::string one = printable(first->address()) + " (" + printable(first->problem()) + ")";
  if (down == s.addresses_size())
    return "Nothing of the upstream is up: " + one + (down > 1 ? " and others.\n" : ".\n");
  return format(
             "Of the upstream's %d addresses %d %s down, so that the others are what it finds a "
             "limit for: ",
             s.addresses_size(), static_cast<int>(down), down == 1 ? "is" : "are") +
         one + (down > 1 ? " and others.\n" : ".\n");
}

std::string aim(const v1::Status& s, double e_star) {
  if (s.objective() == "latency")
    return format("Objective latency looks for the largest limit whose p99 is at most %.1f ms.",
                  s.p99_bound_ms());
  return "Objective " + printable(s.objective()) +
         format(" climbs while 1 %% more in flight brings over %.2f %% more throughput.", e_star);
}

// What those who wait forgo: balanced gives up throughput for latency at the backend.
std::string forgone(const v1::Status& s, const v1::Curve& curve) {
  if (s.objective() != "balanced" || s.mode() != "enforce" || s.queued() == 0) return {};
  const v1::CurvePoint* held = nullptr;
  double most = 0;
  for (const auto& point : curve.points()) {
    if (point.stale() || point.limit() < s.held_limit()) continue;
    if (point.limit() == s.held_limit()) held = &point;
    most = std::max(most, point.throughput());
  }
  if (held == nullptr || most < worth_saying * held->throughput()) return {};
  const auto best = std::find_if(curve.points().begin(), curve.points().end(), [&](const auto& p) {
    return !p.stale() && p.limit() > s.held_limit() && worth_saying * p.throughput() >= most;
  });
  return format(
      "Requests wait: %d would serve %.0f/s at a p99 of %.1f ms where %d serves %.0f/s at %.1f. If "
      "that is worth more than the backend's latency, choose objective throughput.\n",
      best->limit(), best->throughput(), best->p99_ms(), held->limit(), held->throughput(),
      held->p99_ms());
}

std::string knee(const v1::Curve& curve) {
  if (curve.sweet_spot() == 0) return "The knee: " + printable(curve.sentence()) + ".";
  return format("The knee is at %d, between %d and %d, confidence %.2f. ", curve.sweet_spot(),
                curve.low(), curve.high(), curve.confidence()) +
         printable(curve.sentence()) + ".";
}

std::string told(const v1::Verdict& verdict) {
  std::string text = clock_text(verdict.unix_time_ms()) + " UTC, " + printable(verdict.sentence());
  if (!verdict.who().empty()) text += ", by " + printable(verdict.who());
  if (!verdict.comment().empty()) text += ": " + printable(verdict.comment());
  return text + ".";
}

}  // namespace

std::string explanation_text(const v1::Status& status, const v1::Curve& curve,
                             const std::vector<v1::Verdict>& verdicts) {
  std::string text = format("The limit is %d.\n", status.limit());
  if (const auto* base = foundation(verdicts)) {
    text += "Why: " + told(*base) + "\n";
    if (base->sequence() != verdicts.back().sequence())
      text += "Since then: " + told(verdicts.back()) + "\n";
  }
  text += doing(status) + "\n" + binding(status) + "\n" + missing(status) +
          aim(status, curve.e_star()) + "\n" + forgone(status, curve) + knee(curve) + "\n";
  const std::string picture = knee_picture(curve);
  return picture.empty() ? text : text + "\n" + picture;
}

}  // namespace sweetspot::ctl
