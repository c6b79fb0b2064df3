#include <cstdio>
#include <fstream>
#include <iostream>

#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/knee_csv.hpp"
#include "loadgen/knee_report.hpp"

namespace sweetspot::loadgen {
namespace {

platform::Parsed<std::vector<tuner::CurvePoint>> read_file(const std::string& name) {
  if (name == "-") return read_curve(std::cin, "stdin");
  std::ifstream file(name);
  if (!file) return {{}, "cannot read the file \"" + name + "\""};
  return read_curve(file, name);
}

}  // namespace

int execute(const KneeOptions& options, int) {
  const auto curve = read_file(options.file);
  if (!curve) {
    std::fprintf(stderr, "%s\n", curve.error.c_str());
    return exit_usage;
  }
  const auto knee = tuner::find_knee(*curve, options.objective, {}, options.p99_bound);
  std::fputs(format_knee(knee, options.objective).c_str(), stdout);
  return exit_ok;
}

}  // namespace sweetspot::loadgen
