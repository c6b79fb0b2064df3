#include <cstdio>
#include <cstring>
#include <exception>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/command/stop_signal.hpp"
#include "service/platform/rlimit.hpp"
#include "service/platform/streams.hpp"

namespace {

using namespace sweetspot;

int run(int argc, char** argv) {
  const auto parsed = loadgen::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const loadgen::StopSignal stop;
  platform::raise_file_limit();
  return std::visit(
      [&](const auto& options) { return loadgen::execute(options, stop.descriptor()); },
      std::get<loadgen::Command>(parsed));
}

// Whatever was printed counts only where it has been written.
int finish(int code) {
  const auto printed = loadgen::finish_printing();
  if (printed.whole) return code;
  std::fprintf(stderr, "the result cannot be written to stdout%s%s\n", printed.error ? ": " : "",
               printed.error ? std::strerror(printed.error) : "");
  return loadgen::exit_unwritten;
}

}  // namespace

int main(int argc, char** argv) {
  platform::hold_standard_streams();
  try {
    return finish(run(argc, argv));
  } catch (const std::exception& error) {  // no memory, threads or descriptors: what nobody expects
    std::fprintf(stderr, "%s\n", error.what());
    return loadgen::exit_no_success;
  }
}
