#include "service/ctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <ostream>

#include "service/ctl/client.hpp"
#include "service/ctl/render.hpp"
#include "service/ctl/replay.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::ctl {
namespace {

struct Options {
  Connection connection;
  std::string token_file;
  std::string output = "text";
  std::string timeout = "5s";
  std::string interval = "1s";
  std::string comment;
  std::string lasts = "0";
  std::string p99_bound = "0";
  std::string name, file;
  std::int32_t limit = 0, min = 0, max = 0;
  std::uint64_t count = 0, sequence = 0;
  bool wait = false;

  bool json() const { return output == "json"; }
};

// CLI11 calls it with a value; what it returns is the error, empty for none.
std::string judge_duration(const std::string& text) { return platform::parse_duration(text).error; }
std::string judge_address(const std::string& text) {
  return text.starts_with("unix:/") ? "" : platform::parse_endpoint(text).error;
}

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
    app_.add_option("--address", options_.connection.address,
                    "the sidecar's control port: HOST:PORT, or unix:/PATH")
        ->check(judge_address)
        ->envname("SWEETSPOT_ADDRESS")
        ->capture_default_str();
    declare_credentials();
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
    watch->add_option("--after", options_.sequence, "resume after the verdict of this number")
        ->capture_default_str();
    command("log", "the last verdicts and orders, oldest first", [this] { return log(); })
        ->add_option("--count", options_.count, "how many; 0 for all that are kept")
        ->capture_default_str();
    declare_orders();
    declare_replay();
  }

  void declare_replay() {
    auto* replay = command("replay", "run a recording through the tuner again, without a sidecar", [this] {
      return replay_recording({options_.file, options_.name, options_.json()}, out_);
    });
    replay->add_option("file", options_.file, "as recording.file names it")->required();
    replay->add_option("--objective", options_.name, "what this one says of the same evidence, too")
        ->check(CLI::IsMember({"balanced", "throughput"}));
  }

  void declare_orders() {
    for (const char* name : {"pin", "set-limit"}) {
      auto* pin = order(name, "hold this limit", [this] { return this->pin(); });
      pin->add_option("limit", options_.limit, "permits, within the bounds")->required();
      add_expiry(*pin);
    }
    order("unpin", "give the limit back to the tuner, which verifies it",
          [this] { return send(&Client::unpin, v1::OrderRequest()); });
    auto* rollback = order("rollback", "hold the limit that an earlier verdict settled on",
                           [this] { return this->rollback(); });
    rollback->add_option("sequence", options_.sequence, "the verdict's number")->required();
    add_expiry(*rollback);
    auto* bounds = order("bounds", "move the bounds of the limit", [this] { return this->bounds(); });
    bounds->add_option("--min", options_.min, "permits; 0 leaves it")->capture_default_str();
    bounds->add_option("--max", options_.max, "permits; 0 leaves it")->capture_default_str();
    order("retune", "unpin, and search anew from the limit in force",
          [this] { return send(&Client::retune, v1::RetuneRequest()); });
    order("pause", "keep the held limit and experiment with nothing",
          [this] { return send(&Client::pause, v1::OrderRequest()); });
    order("resume", "let the tuner go on",
          [this] { return send(&Client::resume, v1::OrderRequest()); });
    auto* objective = order("objective", "choose what counts as the best limit",
                            [this] { return this->objective(); });
    objective->add_option("name", options_.name, "balanced, throughput, or latency")->required();
    objective->add_option("--p99-bound", options_.p99_bound, "with latency: the p99 to be met")
        ->check(judge_duration)
        ->capture_default_str();
    auto* mode = order("mode", "choose what the limit is for", [this] { return this->mode(); });
    mode->add_option("name", options_.name, "enforce, shadow, or off")->required();
    command("health", "whether it serves: ends with 0, or with 1 while it drains",
            [this] { return health(); });
    command("drain", "accept nothing more and finish what is under way; the process stays",
            [this] { return drain(); })
        ->add_flag("--wait", options_.wait, "until it is over, however long that takes");
  }

  void declare_credentials() {
    const auto file = [this](const char* flag, std::string& path, const char* variable,
                             const char* help) {
      app_.add_option(flag, path, help)->check(CLI::ExistingFile)->envname(variable);
    };
    auto& connection = options_.connection;
    file("--token-file", options_.token_file, "SWEETSPOT_TOKEN_FILE", "a file with a bearer token");
    file("--ca", connection.ca, "SWEETSPOT_CA", "PEM: what has signed the sidecar's certificate");
    file("--certificate", connection.certificate, "SWEETSPOT_CERTIFICATE", "PEM: your own");
    file("--key", connection.key, "SWEETSPOT_KEY", "PEM: its private key");
    app_.add_option("--server-name", connection.server_name,
                    "the name in the sidecar's certificate, where it is not the host")
        ->envname("SWEETSPOT_SERVER_NAME");
  }

  CLI::App* order(const std::string& name, const std::string& help,
                  std::function<Outcome()> action) {
    auto* added = command(name, help, std::move(action));
    added->add_option("--comment,--reason", options_.comment, "why, for the decision log");
    return added;
  }

  void add_expiry(CLI::App& command) {
    command.add_option("--for", options_.lasts, "unpin after so long; 0 for never")
        ->check(judge_duration)
        ->capture_default_str();
  }

  CLI::App* command(const std::string& name, const std::string& help,
                    std::function<Outcome()> action) {
    auto* added = app_.add_subcommand(name, help);
    added->callback([this, action = std::move(action)] { action_ = action; });
    return added;
  }

  Client connect() const {
    Connection connection = options_.connection;
    std::ifstream(options_.token_file) >> connection.token;
    return {connection, *platform::parse_duration(options_.timeout)};
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

  template <class Request>
  Outcome send(Outcome (Client::*call)(const Request&, v1::Status&), Request request) {
    request.set_comment(options_.comment);
    v1::Status status;
    auto client = connect();
    return show((client.*call)(request, status), status);
  }

  Outcome pin() {
    v1::SetLimitRequest request;
    request.set_limit(options_.limit);
    request.set_expires_after_ms(milliseconds_of(options_.lasts));
    return send(&Client::set_limit, std::move(request));
  }

  Outcome rollback() {
    v1::RollbackRequest request;
    request.set_sequence(options_.sequence);
    request.set_expires_after_ms(milliseconds_of(options_.lasts));
    return send(&Client::rollback, std::move(request));
  }

  Outcome bounds() {
    v1::SetBoundsRequest request;
    request.set_min(options_.min);
    request.set_max(options_.max);
    return send(&Client::set_bounds, std::move(request));
  }

  Outcome objective() {
    v1::SetObjectiveRequest request;
    request.set_objective(options_.name);
    request.set_p99_bound_ms(static_cast<double>(milliseconds_of(options_.p99_bound)));
    return send(&Client::set_objective, std::move(request));
  }

  Outcome mode() {
    v1::SetModeRequest request;
    request.set_mode(options_.name);
    return send(&Client::set_mode, std::move(request));
  }

  static std::uint64_t milliseconds_of(const std::string& duration) {
    using std::chrono::milliseconds;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(*platform::parse_duration(duration)).count());
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

  Outcome log() {
    v1::ListVerdictsResponse response;
    const Outcome outcome =
        connect().list_verdicts(static_cast<std::uint32_t>(options_.count), response);
    for (const auto& verdict : response.verdicts()) {
      v1::WatchEvent event;
      *event.mutable_verdict() = verdict;
      out_ << (options_.json() ? to_json(verdict) : event_text(event)) << "\n";
    }
    return outcome;
  }

  Outcome watch() {
    std::uint64_t seen = 0;
    v1::WatchRequest request;
    request.set_status_interval_ms(static_cast<std::uint32_t>(milliseconds_of(options_.interval)));
    request.set_after_sequence(options_.sequence);
    return connect().watch(request,
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
