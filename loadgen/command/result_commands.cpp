#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/compare/difference.hpp"
#include "loadgen/compare/result_file.hpp"

namespace sweetspot::loadgen {
namespace {

int refuse(const std::string& error) {
  std::fprintf(stderr, "%s\n", error.c_str());
  return exit_usage;
}

// With which of the two runs it is of.
using Doubted = std::vector<std::pair<const char*, const Doubt*>>;

Doubted doubts_of(const RunResult& before, const RunResult& after) {
  Doubted doubts;
  for (const Doubt& doubt : before.doubts) doubts.emplace_back("before", &doubt);
  for (const Doubt& doubt : after.doubts) doubts.emplace_back("after", &doubt);
  return doubts;
}

std::string format_text(const std::vector<Difference>& differences, const Doubted& doubts) {
  std::string text = format_differences(differences);
  for (const auto& [run, doubt] : doubts)
    text += std::string("doubt ") + run + ": " + doubt->sentence + "\n";
  return text;
}

std::string format_json(const std::vector<Difference>& differences, const Doubted& doubts) {
  nlohmann::ordered_json json{{"schema", "sweetspot-load/compare/1"},
                              {"differences", nlohmann::ordered_json::array()},
                              {"doubts", nlohmann::ordered_json::array()}};
  for (const auto& [run, doubt] : doubts)
    json["doubts"].push_back(
        {{"run", run}, {"reason", doubt->reason}, {"sentence", doubt->sentence}});
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
  return json.dump(2) + "\n";
}

}  // namespace

int execute(const CompareOptions& options, int) {
  const auto before = read_run(options.before), after = read_run(options.after);
  if (!before) return refuse(before.error);
  if (!after) return refuse(after.error);
  const auto differences = compare((*before).result, (*after).result, options.tolerance);
  const bool as_json = options.output == Output::json;
  const auto doubts = doubts_of((*before).result, (*after).result);
  print(as_json ? format_json(differences, doubts) : format_text(differences, doubts));
  const bool regressed = std::any_of(differences.begin(), differences.end(),
                                     [](const Difference& each) { return each.is_regression; });
  return regressed ? exit_broken : exit_ok;
}

int execute(const MergeOptions& options, int) {
  std::optional<SavedRun> merged;
  for (const std::string& file : options.files) {
    const auto run = read_run(file);
    if (!run) return refuse(run.error);
    if (merged) {
      merge(*merged, *run);
    } else {
      merged = *run;
    }
  }
  merged->options.output = options.output;
  print(format_run(merged->result, merged->options));
  return exit_ok;
}

}  // namespace sweetspot::loadgen
