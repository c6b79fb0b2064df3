#include "service/ctl/knee_picture.hpp"
#include "service/ctl/render.hpp"
#include "service/ctl/text.hpp"

namespace sweetspot::ctl {
namespace {

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

std::string aim(const v1::Status& s, double e_star) {
  if (s.objective() == "latency")
    return format("Objective latency looks for the largest limit whose p99 is at most %.1f ms.",
                  s.p99_bound_ms());
  return "Objective " + printable(s.objective()) +
         format(" climbs while 1 %% more in flight brings over %.2f %% more throughput.", e_star);
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
  text += doing(status) + "\n" + binding(status) + "\n" + aim(status, curve.e_star()) + "\n" +
          knee(curve) + "\n";
  const std::string picture = knee_picture(curve);
  return picture.empty() ? text : text + "\n" + picture;
}

}  // namespace sweetspot::ctl
