#include <cstdio>
#include <sstream>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/knee/csv.hpp"
#include "loadgen/knee/report.hpp"
#include "loadgen/text/user_file.hpp"
#include "service/platform/files.hpp"

namespace sweetspot::loadgen {
namespace {

platform::Parsed<std::vector<tuner::CurvePoint>> read_file(const std::string& name) {
  const bool is_stdin = name == "-";
  const auto content = is_stdin ? platform::read_stdin() : content_of(name);
  if (!content) return {{}, is_stdin ? "stdin " + content.error : content.error};
  std::istringstream lines(*content);
  return read_curve(lines, is_stdin ? "stdin" : name);
}

}  // namespace

int execute(const KneeOptions& options, int) {
  const auto curve = read_file(options.file);
  if (!curve) {
    std::fprintf(stderr, "%s\n", curve.error.c_str());
    return exit_usage;
  }
  const auto knee = tuner::find_knee(*curve, options.objective, {}, options.p99_bound);
  print(format_knee(knee, options.objective));
  return exit_ok;
}

}  // namespace sweetspot::loadgen
