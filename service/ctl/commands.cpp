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
  std::string lasts = "0";
  std::string p99_bound = "0";
  std::string name;
  std::int32_t limit = 0, min = 0, max = 0;
  std::uint64_t count = 0, sequence = 0;
  bool wait = false, exit = false;

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
    declare_orders();
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
    auto* drain = order("drain", "finish what is under way and take nothing new",
                        [this] { return this->drain(); });
    drain->add_flag("--wait", options_.wait, "return when nothing is under way any more");
    drain->add_flag("--exit", options_.exit, "end the sidecar then");
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

  Outcome drain() {
    v1::DrainRequest request;
    request.set_comment(options_.comment);
    request.set_exit(options_.exit);
    v1::Status status;
    auto client = connect();
    Outcome outcome = client.drain(request, status);
    if (outcome.exit == Exit::done && options_.wait && !status.drained())
      outcome = wait_until_drained(client, status);
    return show(outcome, status);
  }

  static Outcome wait_until_drained(Client& client, v1::Status& status) {
    const Outcome outcome = client.watch(100, [&](const v1::WatchEvent& event) {
      if (event.has_status()) status = event.status();
      return !status.drained();
    });
    if (!status.drained()) return outcome;
    if (status.in_flight() == 0) return {};
    return {Exit::refused, "drain.grace ran out with " + std::to_string(status.in_flight()) +
                               " requests under way"};
  }

  static std::uint64_t milliseconds_of(const std::string& duration) {
    using std::chrono::milliseconds;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(*platform::parse_duration(duration)).count());
  }

  Outcome watch() {
    std::uint64_t seen = 0;
    return connect().watch(static_cast<std::uint32_t>(milliseconds_of(options_.interval)),
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
