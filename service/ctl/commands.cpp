#include "service/ctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <ostream>

#include "service/ctl/actions.hpp"
#include "service/ctl/completion.hpp"
#include "service/ctl/connection_file.hpp"
#include "service/platform/pem.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::ctl {
namespace {

// CLI11 calls them with a value; what they return is the error, empty for none.
std::string judge_duration(const std::string& text) { return platform::parse_duration(text).error; }
std::string judge_address(const std::string& text) {
  return text.starts_with("unix:/") ? "" : platform::parse_endpoint(text).error;
}

template <class Number>
std::string judge_number(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec == std::errc() && read.ptr == end) return "";
  return "\"" + text + "\" is not valid; allowed is a whole number" +
         (std::is_unsigned_v<Number> ? " from 0" : "");
}

// The command line: which commands there are, and what each takes.
class CommandLine {
 public:
  explicit CommandLine(std::ostream& out) : out_(out), actions_(options_, out) {
    declare_common();
    declare_questions();
    declare_orders();
    declare_configuration();
    declare_life();
  }

  int run(int argc, const char* const* argv, std::ostream& err, bool is_terminal) {
    options_.is_terminal = is_terminal;
    try {
      app_.parse(argc, argv);
      if (!action_) throw CLI::RequiredError("A command");
      read_connection_file();
    } catch (const CLI::Success& wish) {
      app_.exit(wish, out_, err);
      return finish({}, err);
    } catch (const CLI::ParseError& error) {
      err << "sweetspotctl: " << error.what() << "\n";
      return static_cast<int>(Exit::usage);
    }
    return finish(action_(), err);
  }

  std::vector<CommandInfo> describe() {
    std::vector<CommandInfo> all{info_of(app_, "")};
    add_commands(app_, "", all);
    return all;
  }

 private:
  int finish(Outcome outcome, std::ostream& err) {
    if (outcome.exit == Exit::done && !out_.flush())
      outcome = {Exit::unwritten, "the answer cannot be written to stdout"};
    if (outcome.exit != Exit::done) err << "sweetspotctl: " << outcome.error << "\n";
    return static_cast<int>(outcome.exit);
  }

  void declare_common() {
    app_.set_version_flag("--version", std::string("sweetspotctl ") + SWEETSPOT_VERSION,
                          "print the version and exit");
    app_.set_help_flag("-h,--help", "print what there is and exit");
    app_.require_subcommand(0, 1);  // none is told apart from a wrong one
    app_.fallthrough();
    auto& connection = options_.connection;
    app_.add_option("--address", connection.address, "the sidecar's control port")
        ->type_name("HOST:PORT|unix:/PATH")
        ->check(judge_address)
        ->envname("SWEETSPOT_ADDRESS")
        ->capture_default_str();
    file("--connection", options_.connection_file, "SWEETSPOT_CONNECTION",
         "YAML: address, token_file, ca, certificate, key, server_name, timeout");
    file("--token-file", options_.token_file, "SWEETSPOT_TOKEN_FILE", "a file with a bearer token");
    file("--ca", connection.ca, "SWEETSPOT_CA", "PEM: what has signed the sidecar's certificate")
        ->check(platform::judge_pem);
    file("--certificate", connection.certificate, "SWEETSPOT_CERTIFICATE", "PEM: your own")
        ->check(platform::judge_pem);
    file("--key", connection.key, "SWEETSPOT_KEY", "PEM: its private key")
        ->check(platform::judge_pem);
    app_.add_option("--server-name", connection.server_name,
                    "the name in the sidecar's certificate, where it is not the host")
        ->type_name("NAME")
        ->envname("SWEETSPOT_SERVER_NAME");
    duration(app_, "--timeout", options_.timeout, "how long a call may take");
    choice(app_.add_option("-o,--output", options_.output, "how to print the answer")
               ->capture_default_str(),
           {"text", "json", "yaml"});
  }

  void declare_questions() {
    command("status", "what the sidecar does now", [this] { return actions_.status(); });
    auto* watch =
        command("watch", "a live table, or verdicts as they are made with the status now and then",
                [this] { return actions_.watch(); });
    duration(*watch, "--interval", options_.interval, "between two statuses; 0 for verdicts only");
    number(*watch, "--count", options_.count, "end after so many events; 0 for never");
    number(*watch, "--after", options_.sequence, "resume after the verdict of this number");
    watch->add_flag("--lines", options_.lines, "a line an event on a terminal, too");
    command("explain", "why this limit, in plain sentences, with a picture of the knee",
            [this] { return actions_.explain(); });
    command("curve", "the load curve as the tuner has seen it, and its knee",
            [this] { return actions_.curve(); });
    number(*command("log", "the last verdicts and orders, oldest first",
                    [this] { return actions_.log(); }),
           "--count", options_.count, "how many; 0 for all that are kept");
    command("windows", "what the tuner was told and what it said, as recorded, for a replay",
            [this] { return actions_.windows(); });
    auto* replay = command("replay", "run a recording through the tuner again, without a sidecar",
                           [this] { return actions_.replay(); });
    files_.push_back(argument(*replay, "file", options_.file, "FILE",
                              "as recording.file names it, or as `windows` wrote it"));
    choice(replay->add_option("--objective", options_.name,
                              "what this one says of the same evidence, too"),
           {"balanced", "throughput"});
    command("doctor", "what may be wrong with the machine, the configuration and the upstream",
            [this] { return actions_.doctor(); });
  }

  void declare_orders() {
    for (const char* name : {"pin", "set-limit"}) {
      auto* pin = order(name, "hold this limit", [this] { return actions_.pin(); });
      argument(*pin, "limit", options_.limit, "LIMIT", "permits, within the bounds");
      duration(*pin, "--for", options_.lasts, "unpin after so long, 1s to 720h; 0 for never");
    }
    order("unpin", "give the limit back to the tuner, which verifies it",
          [this] { return actions_.unpin(); });
    auto* rollback = order("rollback", "hold the limit that an earlier verdict settled on",
                           [this] { return actions_.rollback(); });
    argument(*rollback, "sequence", options_.sequence, "SEQUENCE", "the verdict's number");
    duration(*rollback, "--for", options_.lasts, "unpin after so long, 1s to 720h; 0 for never");
    auto* bounds =
        order("bounds", "move the bounds of the limit", [this] { return actions_.bounds(); });
    number(*bounds, "--min", options_.min, "permits; 0 leaves it");
    number(*bounds, "--max", options_.max, "permits; 0 leaves it");
    order("retune", "unpin, and search anew from the limit in force",
          [this] { return actions_.retune(); });
    order("pause", "keep the held limit and experiment with nothing",
          [this] { return actions_.pause(); });
    order("resume", "let the tuner go on", [this] { return actions_.resume(); });
    auto* objective = order("objective", "choose what counts as the best limit",
                            [this] { return actions_.objective(); });
    offer(argument(*objective, "name", options_.name, "NAME", "what to look for"),
          {"balanced", "throughput", "latency"});
    duration(*objective, "--p99-bound", options_.p99_bound, "with latency: the p99 to be met");
    auto* mode = order("mode", "choose what the limit is for", [this] { return actions_.mode(); });
    offer(
        argument(*mode, "name", options_.name, "NAME", "what to do with requests beyond the limit"),
        {"enforce", "shadow", "off"});
  }

  void declare_configuration() {
    auto* config = app_.add_subcommand("config", "the configuration in force, and another one");
    config->require_subcommand(0, 1);
    command(
        "get", "the configuration in force, as a YAML document",
        [this] { return actions_.config_get(); }, config)
        ->add_option("keys", options_.keys, "only these, by their dotted names")
        ->type_name("KEY...");
    auto* check = command(
        "check", "what `config apply` would do, without doing it",
        [this] { return actions_.config_check(); }, config);
    auto* apply = command(
        "apply", "put a YAML file in the place of the sidecar's own",
        [this] { return actions_.config_apply(); }, config);
    for (auto* one : {check, apply})
      files_.push_back(
          argument(*one, "file", options_.file, "FILE", "a YAML document, as for --config")
              ->check(CLI::ExistingFile.description("")));
    add_comment(*apply);
  }

  void declare_life() {
    command("health", "whether it serves: ends with 0, or with 1 while it drains",
            [this] { return actions_.health(); });
    order("drain", "accept nothing more and finish what is under way; the process stays", [this] {
      return actions_.drain();
    })->add_flag("--wait", options_.wait, "until it is over, however long that takes");
    auto* completion =
        command("completion", "print what completes these commands in a shell", [this] {
          out_ << bash_completion(describe());
          return Outcome{};
        });
    choice(argument(*completion, "shell", options_.shell, "SHELL", "the shell"), {"bash"});
  }

  CLI::App* command(const std::string& name, const std::string& help,
                    std::function<Outcome()> action, CLI::App* parent = nullptr) {
    auto* added = (parent != nullptr ? parent : &app_)->add_subcommand(name, help);
    added->callback([this, action = std::move(action)] { action_ = action; });
    return added;
  }

  CLI::App* order(const std::string& name, const std::string& help,
                  std::function<Outcome()> action) {
    auto* added = command(name, help, std::move(action));
    add_comment(*added);
    return added;
  }

  void add_comment(CLI::App& order) {
    order.add_option("--comment,--reason", options_.comment, "why, for the decision log")
        ->type_name("TEXT");
  }

  template <class Value>
  CLI::Option* argument(CLI::App& command, const std::string& name, Value& value,
                        const std::string& placeholder, const std::string& help) {
    auto* added = command.add_option(name, value, help)->required()->type_name(placeholder);
    if constexpr (std::is_integral_v<Value>) added->check(judge_number<Value>);
    return added;
  }

  void duration(CLI::App& command, const std::string& name, std::string& value,
                const std::string& help) {
    command.add_option(name, value, help)
        ->type_name("D")
        ->check(judge_duration)
        ->capture_default_str();
  }

  template <class Number>
  void number(CLI::App& command, const std::string& name, Number& value, const std::string& help) {
    command.add_option(name, value, help)
        ->type_name("N")
        ->check(judge_number<Number>)
        ->capture_default_str();
  }

  CLI::Option* file(const std::string& name, std::string& value, const char* variable,
                    const std::string& help) {
    files_.push_back(app_.add_option(name, value, help)
                         ->check(CLI::ExistingFile.description(""))
                         ->type_name("FILE")
                         ->envname(variable));
    return files_.back();
  }

  // What a shell may offer; the sidecar, which may be of another version, has the last word.
  void offer(CLI::Option* option, std::vector<std::string> choices) {
    choices_[option] = std::move(choices);
  }

  // The same, and nothing else is taken.
  void choice(CLI::Option* option, const std::vector<std::string>& choices) {
    std::string type;
    for (const auto& one : choices) type += (type.empty() ? "" : "|") + one;
    option->check(CLI::IsMember(choices).description(""))->type_name(type);
    offer(option, choices);
  }

  // What was given by neither a flag nor the environment.
  void read_connection_file() {
    const bool is_wished = !options_.connection_file.empty();
    const std::string path = is_wished ? options_.connection_file : usual_connection_file();
    if (!is_wished && !std::filesystem::exists(path)) return;
    auto file = ctl::read_connection_file(path);
    if (!file.error.empty()) throw CLI::ValidationError(file.error);
    for (const auto& [key, value, where] : file.entries) {
      std::string flag = "--" + key;
      std::replace(flag.begin(), flag.end(), '_', '-');
      auto* option = app_.get_option(flag);
      if (option->count() > 0) continue;
      try {
        option->add_result(value);
        option->run_callback();
      } catch (const CLI::ParseError& error) {
        throw CLI::ValidationError(where + ": " + key + ": " + error.what());
      }
    }
  }

  void add_commands(CLI::App& parent, const std::string& prefix, std::vector<CommandInfo>& all) {
    for (auto* command : parent.get_subcommands({})) {
      const std::string name = prefix + command->get_name();
      if (command->get_subcommands({}).empty())
        all.push_back(info_of(*command, name));
      else
        add_commands(*command, name + " ", all);
    }
  }

  CommandInfo info_of(CLI::App& command, const std::string& name) {
    CommandInfo info{name, command.get_description(), {}};
    for (auto* option : command.get_options({})) {
      if (!name.empty() && option->get_name() == "--help") continue;
      OptionInfo one;
      for (const auto& letter : option->get_snames()) one.names.push_back("-" + letter);
      for (const auto& word : option->get_lnames()) one.names.push_back("--" + word);
      if (one.names.empty()) one.names.push_back(option->get_type_name());
      if (option->get_items_expected() > 0 && option->nonpositional())
        one.value = option->get_type_name();
      one.help = option->get_description();
      if (const auto found = choices_.find(option); found != choices_.end())
        one.choices = found->second;
      one.is_file = std::find(files_.begin(), files_.end(), option) != files_.end();
      info.options.push_back(std::move(one));
    }
    return info;
  }

  std::ostream& out_;
  Options options_;
  Actions actions_;
  CLI::App app_{"Asks a running sidecar what it does and why, and changes it.", "sweetspotctl"};
  std::map<const CLI::Option*, std::vector<std::string>> choices_;
  std::vector<CLI::Option*> files_;
  std::function<Outcome()> action_;
};

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err, bool is_terminal) {
  return CommandLine(out).run(argc, argv, err, is_terminal);
}

std::vector<CommandInfo> describe_commands() {
  std::ostream nowhere(nullptr);
  return CommandLine(nowhere).describe();
}

}  // namespace sweetspot::ctl
