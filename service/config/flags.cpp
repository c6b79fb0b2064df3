#include "service/config/flags.hpp"

#include <CLI/CLI.hpp>

#include "service/config/keys.hpp"

namespace sweetspot::config {
namespace {

std::string description(const Key& key) {
  static const Config defaults;
  return key.help + " (" + key.allowed + "; default " + key.show(defaults) + ")";
}

}  // namespace

CommandLine read_flags(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("Finds the concurrency at which a blocking backend serves best, and holds it there.",
               "sweetspot");
  app.set_version_flag("--version", std::string("sweetspot ") + SWEETSPOT_VERSION);
  app.add_option("--config", line.file, "a YAML file with any of the keys below");
  app.add_flag("--check", line.check, "validate the configuration and exit: 0 valid, 2 not");

  std::vector<std::vector<std::string>> values(keys().size());
  for (std::size_t i = 0; i < keys().size(); ++i) {
    const Key& key = keys()[i];
    auto* option = app.add_option("--" + key.name, values[i], description(key));
    option->type_name(key.list ? "VALUE..." : "VALUE")->expected(1, key.list ? 1000 : 1);
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    line.info = app["--version"]->count() > 0 ? std::string("sweetspot ") + SWEETSPOT_VERSION + "\n"
                                              : app.help();
    return line;
  } catch (const CLI::ExtrasError&) {  // its own text has them in reverse
    std::string words;
    for (const auto& word : app.remaining()) words += " " + word;
    line.source.errors.push_back("command line: found" + words + ", allowed: what --help lists");
    return line;
  } catch (const CLI::ParseError& error) {
    line.source.errors.push_back(std::string("command line: ") + error.what());
    return line;
  }
  // As of a shell's variable that nobody has set: the defaults would be a surprise.
  if (app["--config"]->count() > 0 && line.file.empty())
    line.source.errors.emplace_back("--config: found nothing, allowed: the path of a file");
  for (std::size_t i = 0; i < keys().size(); ++i) {
    const std::string flag = "--" + keys()[i].name;
    if (app[flag]->count() > 0)
      line.source.entries.push_back({keys()[i].name, values[i], flag, {}});
  }
  return line;
}

}  // namespace sweetspot::config
