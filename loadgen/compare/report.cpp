#include "loadgen/compare/report.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using nlohmann::ordered_json;

// With which of the two runs it is of.
std::vector<std::pair<const char*, const Doubt*>> doubts_of(const RunResult& before,
                                                            const RunResult& after) {
  std::vector<std::pair<const char*, const Doubt*>> doubts;
  for (const Doubt& doubt : before.doubts) doubts.emplace_back("before", &doubt);
  for (const Doubt& doubt : after.doubts) doubts.emplace_back("after", &doubt);
  return doubts;
}

std::string format_differences(const std::vector<Difference>& differences) {
  std::string text =
      format("%-11s %14s %14s %9s %22s\n", "figure", "A", "B", "change", "95 % interval");
  for (const Difference& each : differences) {
    const std::string interval = format("%+.1f … %+.1f %%", 100 * each.low, 100 * each.high);
    text +=
        format("%-11s %14s %14s %+7.1f %% %22s  %s\n", each.figure.c_str(),
               format_figure(each.figure, each.before).c_str(),
               format_figure(each.figure, each.after).c_str(), 100 * each.change, interval.c_str(),
               each.is_regression ? "REGRESSION"
               : each.is_certain  ? "differs"
                                  : "no difference shown");
  }
  return text;
}

}  // namespace

std::string format_comparison(const std::vector<Difference>& differences, const RunResult& before,
                              const RunResult& after) {
  std::string text = format_differences(differences);
  const auto unlike = mismatches(before, after);
  if (!unlike.empty())
    text += "not the same load, so that a difference may be the load's and not the target's:\n";
  for (const auto& [what, one, other] : unlike)
    text += format("  %-18s %s → %s\n", what.c_str(), one.c_str(), other.c_str());
  for (const auto& [run, doubt] : doubts_of(before, after))
    text += std::string("doubt ") + run + ": " + doubt->sentence + "\n";
  return text;
}

std::string format_comparison_json(const std::vector<Difference>& differences,
                                   const RunResult& before, const RunResult& after) {
  ordered_json json{{"schema", "sweetspot-load/compare/1"},
                    {"differences", ordered_json::array()},
                    {"different", ordered_json::array()},
                    {"doubts", ordered_json::array()}};
  for (const Difference& each : differences) {
    json["differences"].push_back({{"figure", each.figure},
                                   {"before", each.before},
                                   {"after", each.after},
                                   {"change", each.change},
                                   {"low", each.low},
                                   {"high", each.high},
                                   {"certain", each.is_certain},
                                   {"regression", each.is_regression}});
  }
  for (const auto& [what, one, other] : mismatches(before, after))
    json["different"].push_back({{"what", what}, {"before", one}, {"after", other}});
  for (const auto& [run, doubt] : doubts_of(before, after))
    json["doubts"].push_back(
        {{"run", run}, {"reason", doubt->reason}, {"sentence", doubt->sentence}});
  return json.dump(2) + "\n";
}

}  // namespace sweetspot::loadgen
