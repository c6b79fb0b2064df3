#include "loadgen/sweep/html_report.hpp"

#include "loadgen/sweep/chart.hpp"
#include "loadgen/sweep/report.hpp"
#include "loadgen/text/format.hpp"
#include "loadgen/text/markup.hpp"

namespace sweetspot::loadgen {
namespace {

using tuner::milliseconds;

constexpr auto head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sweet spot</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
body { font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.verdict { border-left: 4px solid #2e7d32; padding: .5rem 1rem; background: #f3f8f3; }
table { border-collapse: collapse; } svg { max-width: 100%; height: auto; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
td.text { text-align: left; } tr.knee { background: #e8f3e8; font-weight: bold; } tr.invalid { color: #999; }
</style></head><body>
)";

std::string cell(const std::string& text, const char* kind = "") {
  return std::string("<td") + kind + ">" + escaped(text) + "</td>";
}

std::string row(const Level& level, const Curve& curve) {
  const bool is_knee = curve.knee.sweet_spot == level.pool_size;
  const char* kind = !level.valid ? " class=\"invalid\"" : is_knee ? " class=\"knee\"" : "";
  return std::string("<tr") + kind + ">" + cell(std::to_string(level.pool_size)) +
         cell(format("%.1f", level.throughput)) +
         cell(level.relative_ci ? format("± %.1f %%", 100 * *level.relative_ci) : "-") +
         cell(format("%.2f", milliseconds(level.p50))) +
         cell(format("%.2f", milliseconds(level.p99))) +
         cell(level.threads ? std::to_string(*level.threads) : "-") +
         cell(level.target ? format("%.0f %%", 100 * level.target->cpu) : "-") +
         cell(format("%.0f %%", 100 * level.client_cpu)) +
         cell(level.valid ? "" : "INVALID: " + invalid_words(level), " class=\"text\"") + "</tr>\n";
}

std::string table(const std::vector<Level>& levels, const Curve& curve) {
  std::string html =
      "<table><thead><tr><th>pool size</th><th>throughput /s</th><th>95 % CI</th><th>p50 ms</th>"
      "<th>p99 ms</th><th>threads</th><th>target CPU</th><th>client "
      "CPU</th><th></th></tr></thead><tbody>\n";
  for (const Level& level : levels) html += row(level, curve);
  return html + "</tbody></table>\n";
}

std::string evidence(const Curve& curve) {
  if (curve.votes.empty()) return {};
  std::string html = "<h2>What other detectors see</h2>\n<table><tbody>\n";
  for (const Vote& vote : curve.votes) {
    html += "<tr>" + cell(vote.detector, " class=\"text\"") +
            cell(vote.size ? format("%.0f", *vote.size) : "-") +
            cell(vote.note, " class=\"text\"") + "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

}  // namespace

std::string format_html(const Curve& curve, const SweepOptions& options) {
  const auto& knee = curve.knee;
  std::string html = head;
  std::string subject = escaped(name_of(options.target));
  if (!options.via.address.empty()) {
    subject += ", limits of the sidecar at ";
    subject += escaped(options.via.address);
  }
  html += "<h1>Sweet spot: " +
          (knee.sweet_spot ? std::to_string(*knee.sweet_spot) : std::string("not reached")) +
          "</h1>\n<p>" + subject + ", objective " + std::string(to_string(options.objective)) +
          "</p>\n<div class=\"verdict\"><p>" + escaped(knee.sentence) + "</p>";
  if (knee.sweet_spot) {
    html += format("<p>Between %d and %d, confidence %.0f %%. ", knee.low, knee.high,
                   100 * knee.confidence) +
            (!curve.confirmation ? ""
             : curve.confirmed   ? "Confirmed by a longer run."
                                 : "Not confirmed by a longer run.") +
            "</p>";
  }
  html.append("<p>Stopped: ").append(escaped(curve.stop.reason)).append(".");
  if (curve.stop.sentence != knee.sentence) html.append(" ").append(escaped(curve.stop.sentence));
  html += "</p></div>\n";
  html += draw_chart(curve) + "<h2>Levels</h2>\n" + table(curve.levels, curve);
  if (!curve.refinement.empty())
    html += "<h2>Between the steps</h2>\n" + table(curve.refinement, curve);
  return html + evidence(curve) + "</body></html>\n";
}

}  // namespace sweetspot::loadgen
