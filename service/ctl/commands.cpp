#include "service/ctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

#include "service/ctl/client.hpp"
#include "service/ctl/render.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::ctl {
namespace {

struct Options {
  std::string address = "127.0.0.1:9902";
  std::string output = "text";
  std::string timeout = "5s";
  std::string interval = "1s";
  std::string comment;
  std::int32_t limit = 0;
  std::uint64_t count = 0;
  bool wait = false;

  bool json() const { return output == "json"; }
};

// CLI11 calls it with a value; what it returns is the error, empty for none.
std::string judge_duration(const std::string& text) { return platform::parse_duration(text).error; }
std::string judge_address(const std::string& text) { return platform::parse_endpoint(text).error; }

class Command {
 public:
  Command(std::ostream& out, std::ostream& err) : out_(out), err_(err) { declare(); }

  int run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& wish) {
      app_.exit(wish, out_, err_);
      return static_cast<int>(Exit::done);
    } catch (const CLI::ParseError& error) {
      err_ << "sweetspotctl: " << error.what() << "\n";
      return static_cast<int>(Exit::usage);
    }
    const Outcome outcome = action_();
    if (outcome.exit != Exit::done) err_ << "sweetspotctl: " << outcome.error << "\n";
    return static_cast<int>(outcome.exit);
  }

 private:
  void declare() {
    app_.set_version_flag("--version", std::string("sweetspotctl ") + SWEETSPOT_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--address", options_.address, "the sidecar's control port, HOST:PORT")
        ->check(judge_address)
        ->capture_default_str();
    app_.add_option("-o,--output", options_.output, "text, or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    app_.add_option("--timeout", options_.timeout, "how long a call may take")
        ->check(judge_duration)
        ->capture_default_str();

    command("status", "what the sidecar does now", [this] { return status(); });
    auto* watch = command("watch", "verdicts as they are made, and the status now and then",
                          [this] { return this->watch(); });
    watch->add_option("--interval", options_.interval, "between two statuses; 0 for verdicts only")
        ->check(judge_duration)
        ->capture_default_str();
    watch->add_option("--count", options_.count, "end after so many events; 0 for never")
        ->capture_default_str();
    for (const char* name : {"pin", "set-limit"}) {
      auto* pin = command(name, "hold this limit until a retune", [this] { return this->pin(); });
      pin->add_option("limit", options_.limit, "permits, within the configured bounds")->required();
      pin->add_option("--comment", options_.comment, "why, for the decision log");
    }
    command("retune", "unpin, and search anew from the limit in force", [this] { return retune(); })
        ->add_option("--comment", options_.comment, "why, for the decision log");
    command("health", "whether it serves: ends with 0, or with 1 while it drains",
            [this] { return health(); });
    command("drain", "accept nothing more and finish what is under way; the process stays",
            [this] { return drain(); })
        ->add_flag("--wait", options_.wait, "until it is over, however long that takes");
  }

  CLI::App* command(const std::string& name, const std::string& help,
                    std::function<Outcome()> action) {
    auto* added = app_.add_subcommand(name, help);
    added->callback([this, action = std::move(action)] { action_ = action; });
    return added;
  }

  Client connect() const {
    return {options_.address, *platform::parse_duration(options_.timeout)};
  }

  Outcome show(Outcome outcome, const v1::Status& status) {
    if (outcome.exit != Exit::done) return outcome;
    out_ << (options_.json() ? to_json(status) + "\n" : status_text(status)) << std::flush;
    return outcome;
  }

  Outcome status() {
    v1::Status status;
    return show(connect().get_status(status), status);
  }

  Outcome pin() {
    v1::Status status;
    return show(connect().set_limit(options_.limit, options_.comment, status), status);
  }

  Outcome retune() {
    v1::Status status;
    return show(connect().retune(options_.comment, status), status);
  }

  Outcome health() {
    const Outcome outcome = connect().health();
    if (outcome.exit == Exit::done) out_ << (options_.json() ? "{\"serving\":true}\n" : "serving\n");
    return outcome;
  }

  Outcome drain() {
    v1::LifecycleDrainResponse response;
    const Outcome outcome = connect().drain(options_.wait, response);
    if (outcome.exit != Exit::done) return outcome;
    if (options_.json()) out_ << to_json(response) << "\n";
    else out_ << (response.drained() ? "drained\n" : "draining\n");
    if (response.drained() && !response.clean())
      return {Exit::refused, "drain.grace ran out: requests were cut off"};
    return {};
  }

  Outcome watch() {
    using std::chrono::milliseconds;
    const auto interval =
        std::chrono::duration_cast<milliseconds>(*platform::parse_duration(options_.interval));
    std::uint64_t seen = 0;
    return connect().watch(static_cast<std::uint32_t>(interval.count()),
                           [&](const v1::WatchEvent& event) {
                             out_ << (options_.json() ? to_json_event(event) : event_text(event))
                                  << "\n" << std::flush;
                             return out_.good() && ++seen != options_.count;
                           });
  }

  std::ostream& out_;
  std::ostream& err_;
  Options options_;
  CLI::App app_{"Asks a running sidecar what it does and why, and changes it.", "sweetspotctl"};
  std::function<Outcome()> action_;
};

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  return Command(out, err).run(argc, argv);
}

}  // namespace sweetspot::ctl
