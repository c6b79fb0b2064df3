#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/stop_signal.hpp"
#include "service/platform/rlimit.hpp"

namespace {

using namespace sweetspot;

int run(int argc, char** argv) {
  const auto parsed = loadgen::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const loadgen::StopSignal stop;
  platform::raise_file_limit();
  const int code =
      std::visit([&](const auto& options) { return loadgen::execute(options, stop.descriptor()); },
                 std::get<loadgen::Command>(parsed));
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "the result cannot be written: %s\n", std::strerror(errno));
  return loadgen::exit_unwritten;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // no memory, threads or descriptors: what nobody expects
    std::fprintf(stderr, "%s\n", error.what());
    return loadgen::exit_no_success;
  }
}
