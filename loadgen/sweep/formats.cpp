#include "loadgen/sweep/formats.hpp"

#include "loadgen/sweep/chart.hpp"
#include "loadgen/sweep/report.hpp"
#include "loadgen/text/format.hpp"
#include "loadgen/text/markup.hpp"

namespace sweetspot::loadgen {

using tuner::milliseconds;

std::string format_sweep_markdown(const Curve& curve, const SweepOptions& options) {
  std::string text =
      format("**Sweet spot: %s** (%s)\n\n",
             curve.knee.sweet_spot ? std::to_string(*curve.knee.sweet_spot).c_str() : "not reached",
             std::string(to_string(options.objective)).c_str());
  text += curve.knee.sentence + "\n\n";
  text += "| pool size | throughput /s | p50 ms | p99 ms | threads | valid |\n";
  text += "|---:|---:|---:|---:|---:|---|\n";
  for (const Level& level : curve.levels) {
    text += format("| %d | %.1f | %.2f | %.2f | %s | %s |\n", level.pool_size, level.throughput,
                   milliseconds(level.p50), milliseconds(level.p99),
                   level.threads ? std::to_string(*level.threads).c_str() : "",
                   level.valid ? "yes" : invalid_words(level).c_str());
  }
  return text;
}

std::string format_sweep_junit(const Curve& curve, const SweepOptions& options) {
  const bool found = curve.knee.sweet_spot.has_value();
  const std::string name = escaped("the sweet spot of " + name_of(options.target));
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += format("<testsuite name=\"sweetspot-load sweep\" tests=\"1\" failures=\"%d\">\n",
                 found ? 0 : 1);
  text += "  <testcase classname=\"sweetspot-load\" name=\"" + name + "\">\n";
  if (!found) {
    text += "    <failure type=\"" + escaped(curve.stop.reason) + "\" message=\"" +
            escaped(curve.stop.sentence) + "\"/>\n";
  }
  return text + "    <system-out>" + escaped(curve.knee.sentence) +
         "</system-out>\n  </testcase>\n</testsuite>\n";
}

std::string format_sweep_prometheus(const Curve& curve) {
  std::string rates = "# TYPE sweetspot_load_throughput gauge\n",
              p99s = "# TYPE sweetspot_load_p99_seconds gauge\n";
  for (const Level& level : curve.levels) {
    const char* valid = level.valid ? "true" : "false";
    rates += format("sweetspot_load_throughput{pool_size=\"%d\",valid=\"%s\"} %.6g\n",
                    level.pool_size, valid, level.throughput);
    p99s += format("sweetspot_load_p99_seconds{pool_size=\"%d\",valid=\"%s\"} %.6g\n",
                   level.pool_size, valid, tuner::seconds(level.p99));
  }
  std::string text = rates + p99s;
  if (curve.knee.sweet_spot) {
    text += format("# TYPE sweetspot_load_sweet_spot gauge\nsweetspot_load_sweet_spot %d\n",
                   *curve.knee.sweet_spot);
  }
  return text + format("# TYPE sweetspot_load_confidence gauge\nsweetspot_load_confidence %.4f\n",
                       curve.knee.confidence);
}

}  // namespace sweetspot::loadgen
