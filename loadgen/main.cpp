#include "loadgen/commands.hpp"
#include "loadgen/stop_signal.hpp"
#include "service/platform/rlimit.hpp"

int main(int argc, char** argv) {
  using namespace sweetspot;
  const auto parsed = loadgen::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const loadgen::StopSignal stop;
  platform::raise_file_limit();
  return std::visit([&](const auto& options) { return loadgen::execute(options, stop.descriptor()); },
                    std::get<loadgen::Command>(parsed));
}
