#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "service/app.hpp"
#include "service/config/load.hpp"
#include "service/control/access.hpp"
#include "service/injector/injector.hpp"
#include "service/platform/printable.hpp"
#include "service/platform/rlimit.hpp"
#include "service/proxy/tls.hpp"

namespace {

using sweetspot::service::App;

void complain(const std::string& error) {
  std::fprintf(stderr, "%s\n", sweetspot::platform::printable(error).c_str());
}

int run(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "injector")
    return sweetspot::injector::run(argc - 1, argv + 1);
  const auto loaded = sweetspot::config::load(argc, argv);
  if (loaded.info) {
    std::fputs(loaded.info->c_str(), stdout);
    return 0;
  }
  for (const auto& error : loaded.errors) complain(error);
  if (!loaded.errors.empty()) return static_cast<int>(App::Exit::configuration);
  for (const auto& problem : {sweetspot::proxy::load_tls(loaded.config.proxy).error,
                              sweetspot::control::judge_files(loaded.config.access)}) {
    if (problem.empty()) continue;
    complain(problem);
    return static_cast<int>(App::Exit::configuration);
  }
  if (loaded.check) {
    std::puts("configuration is valid");
    return 0;
  }
  sweetspot::platform::raise_file_limit();
  std::signal(SIGPIPE, SIG_IGN);
  return static_cast<int>(App({argv, argv + argc}, loaded).run());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sweetspot: %s\n", error.what());
    return 1;
  }
}
