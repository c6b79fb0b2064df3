#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "service/observe/log_settings.hpp"

namespace sweetspot::injector {

// The command line of `sweetspot injector`.
struct Options {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8443;
  std::string certificate = "/etc/sweetspot-injector-tls/tls.crt";
  std::string key = "/etc/sweetspot-injector-tls/tls.key";
  std::string template_file = "/etc/sweetspot-injector/template.json";
  std::chrono::nanoseconds drain = std::chrono::seconds(0);  // served on after a signal
  observe::LogSettings log;

  std::optional<std::string> info;  // --help: print and exit
  std::string error;                // what is wrong; empty where nothing is
};
Options read_options(int argc, const char* const* argv);

}  // namespace sweetspot::injector
