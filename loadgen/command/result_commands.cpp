#include <algorithm>
#include <cstdio>
#include <optional>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/compare/difference.hpp"
#include "loadgen/compare/report.hpp"
#include "loadgen/compare/result_file.hpp"

namespace sweetspot::loadgen {
namespace {

int refuse(const std::string& error) {
  std::fprintf(stderr, "%s\n", error.c_str());
  return exit_usage;
}

}  // namespace

int execute(const CompareOptions& options, int) {
  const auto before = read_run(options.before), after = read_run(options.after);
  if (!before) return refuse(before.error);
  if (!after) return refuse(after.error);
  const auto differences = compare((*before).result, (*after).result, options.tolerance);
  const auto format = options.output == Output::json ? format_comparison_json : format_comparison;
  print(format(differences, (*before).result, (*after).result));
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
