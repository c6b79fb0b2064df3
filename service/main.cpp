#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "service/app.hpp"
#include "service/config/load.hpp"
#include "service/control/api/access.hpp"
#include "service/injector/injector.hpp"
#include "service/platform/printable.hpp"
#include "service/platform/rlimit.hpp"
#include "service/platform/streams.hpp"
#include "service/proxy/io/tls.hpp"

namespace {

using sweetspot::service::App;

void complain(const std::string& error) {
  std::fprintf(stderr, "%s\n", sweetspot::platform::printable(error).c_str());
}

int print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
  std::fprintf(stderr, "sweetspot: stdout cannot be written: %s\n", std::strerror(errno));
  return 1;
}

int run(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "injector")
    return sweetspot::injector::run(argc - 1, argv + 1);
  const auto loaded = sweetspot::config::load(argc, argv);
  if (loaded.info) {
    return print(*loaded.info);
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
    return print("configuration is valid\n");
  }
  sweetspot::platform::raise_file_limit();
  // The latter two mean something to other servers, as to open a log anew, and would end this one.
  for (const int ignored : {SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(ignored, SIG_IGN);
  return static_cast<int>(App({argv, argv + argc}, loaded).run());
}

}  // namespace

int main(int argc, char** argv) {
  sweetspot::platform::hold_standard_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sweetspot: %s\n", error.what());
    return 1;
  }
}
