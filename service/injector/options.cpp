#include "service/injector/options.hpp"

#include <CLI/CLI.hpp>

#include "service/platform/units.hpp"

namespace sweetspot::injector {

Options read_options(int argc, const char* const* argv) {
  Options options;
  std::string listen = platform::format_endpoint({options.host, options.port});
  std::string level = "info", format = "text";
  std::string drain = platform::format_duration(options.drain);
  CLI::App app("Puts a sidecar beside pods: a mutating admission webhook for Kubernetes.",
               "sweetspot injector");
  app.add_option("--listen", listen, "ADDRESS:PORT for HTTPS; port 0 lets the system choose")
      ->capture_default_str();
  app.add_option("--certificate", options.certificate, "PEM: its certificate chain")
      ->capture_default_str();
  app.add_option("--key", options.key, "PEM: the private key")->capture_default_str();
  app.add_option("--template", options.template_file, "JSON: the sidecar, as the chart renders it")
      ->capture_default_str();
  app.add_option("--drain", drain, "how long it serves on after SIGTERM, so that nobody still asks")
      ->capture_default_str();
  app.add_option("--log.level", level, "the least level that is logged")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log.format", format, "of the events on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    options.info = app.help();
    return options;
  } catch (const CLI::ParseError& error) {
    options.error = std::string("command line: ") + error.what();
    return options;
  }
  const auto endpoint = platform::parse_endpoint(listen);
  const auto pause = platform::parse_duration(drain);
  if (!endpoint)
    options.error = "--listen: " + endpoint.error;
  else if (!pause)
    options.error = "--drain: " + pause.error;
  if (!options.error.empty()) return options;
  options.host = endpoint.value->host;
  options.port = endpoint.value->port;
  options.drain = *pause;
  options.log.level = observe::log_level_from(level).value_or(observe::LogLevel::info);
  options.log.format = format == "json" ? observe::LogFormat::json : observe::LogFormat::text;
  return options;
}

}  // namespace sweetspot::injector
