#include <algorithm>
#include <cmath>
#include <limits>

#include "loadgen/command/option_kinds.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr double most_clients = 1e6;

void add_target(CLI::App* app, Target& target) {
  app->add_option("URL", target.url, "http[s]://HOST[:PORT][/PATH]");
  app->add_option("--targets", target.targets_file,
                  "Requests to choose from, one a line; see the README")
      ->type_name("FILE")
      ->check(existing_file());
  app->add_option("-m,--method", target.method, "Method (default GET; POST with a body)")
      ->type_name("METHOD");
  app->add_option("-H,--header", target.headers, "Request header 'Name: value'; may be repeated")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  auto* body = app->add_option("-d,--body", target.body, "Request body")->type_name("TEXT");
  auto* file = app->add_option("-D,--body-file", target.body_file, "Request body from a file")
                   ->type_name("FILE")
                   ->check(existing_file())
                   ->excludes(body);
  app->add_option("--body-lines", target.body_lines,
                  "Request bodies from a file, a line each, in turn")
      ->type_name("FILE")
      ->check(existing_file())
      ->excludes(body)
      ->excludes(file);
  auto* basic =
      app->add_option("--basic", target.basic, "Basic credentials, or a file that holds them")
          ->type_name("USER:PASSWORD|@FILE");
  app->add_option("--bearer", target.bearer, "Bearer token, or a file that holds it")
      ->type_name("TOKEN|@FILE")
      ->excludes(basic);
  app->add_flag_function(
      "--no-keepalive", [&target](std::int64_t) { target.keep_alive = false; },
      "A new connection for every request");
  app->add_option("--redirects", target.redirects, "Follow so many redirects a request (default 0)")
      ->check(within(0, 100))
      ->type_name("N");
  add_duration(
      app, "--timeout", [&target](Duration d) { target.timeout = d; },
      "Give a request up after this long (default 20s)");
  app->add_option("--threads", target.threads, "Threads of the client (default 1)")
      ->check(within(1, 256))
      ->type_name("N");
}

void add_connection(CLI::App* app, Target& target) {
  app->add_option("--host", target.host, "What the Host field says (default the URL's host)")
      ->type_name("NAME");
  auto* connect_to = add_parsed(
      app, "--connect-to", platform::parse_endpoint,
      [&target](const platform::Endpoint& endpoint) { target.connect_to = endpoint; },
      "Connect there, whatever the URL's host", "HOST:PORT");
  app->add_option("--unix", target.unix_path,
                  "Connect to this Unix socket, whatever the URL's host")
      ->type_name("PATH")
      ->excludes(connect_to);
  app->add_option("--ca", target.tls.ca,
                  "TLS: trust what these certificates have signed (default the system's)")
      ->type_name("FILE")
      ->check(existing_file());
  app->add_flag_function(
      "-k,--insecure", [&target](std::int64_t) { target.tls.verifies = false; },
      "TLS: trust any certificate");
  app->add_option("--sni", target.server_name,
                  "TLS: the server's name (default that of --host or the URL)")
      ->type_name("NAME");
  auto* certificate =
      app->add_option("--cert", target.tls.certificate, "TLS: the client's own certificate")
          ->type_name("FILE")
          ->check(existing_file());
  app->add_option("--key", target.tls.key, "TLS: its private key (default: in the same file)")
      ->type_name("FILE")
      ->check(existing_file())
      ->needs(certificate);
}

void add_via(CLI::App* app, SweepOptions& options) {
  Via& via = options.via;
  auto* address = app->add_option("--via", via.address,
                                  "Sweep the limit of the sidecar whose control API this is")
                      ->type_name("HOST:PORT");
  app->add_option("--clients", options.clients,
                  "With --via: clients at once (default twice the limit)")
      ->check(from_one())
      ->type_name("N")
      ->needs(address);
  const auto add_file = [&](const char* name, std::string& file, const char* help) {
    return app->add_option(name, file, help)
        ->type_name("FILE")
        ->check(existing_file())
        ->needs(address);
  };
  add_file("--via-token", via.token_file, "The operator's token");
  auto* ca = add_file("--via-ca", via.ca, "TLS: what has signed the sidecar's certificate");
  auto* certificate =
      add_file("--via-cert", via.certificate, "TLS: the operator's certificate")->needs(ca);
  add_file("--via-key", via.key, "TLS: its private key")->needs(certificate);
}

void add_pid(CLI::App* app, std::optional<int>& pid) {
  app->add_option("--pid", pid,
                  "The target's process: its threads, memory, CPU and context switches are sampled")
      ->check(within(1, std::numeric_limits<int>::max()))
      ->type_name("PID");
}

void check(const Target& target) {
  if (target.url.empty() && target.targets_file.empty()) {
    throw CLI::RequiredError("URL, or --targets,");
  }
  if (target.timeout <= Duration(0)) throw CLI::ValidationError("--timeout", "is zero");
}

void check(tuner::Objective objective, const std::optional<Duration>& bound) {
  if (objective == tuner::Objective::latency && !bound) {
    throw CLI::ValidationError("--objective", "latency needs --p99-bound");
  }
}

}  // namespace

void add_run(CLI::App* app, RunOptions& options) {
  add_target(app, options.target);
  add_connection(app, options.target);
  app->add_option("-c,--connections", options.connections, "Clients at once (default 50)")
      ->check(from_one())
      ->type_name("N");
  app->add_option("-n,--requests", options.requests, "End after so many requests")
      ->check(within<std::uint64_t>(1, 1'000'000'000'000))
      ->type_name("N");
  auto* duration = add_duration(
      app, "-z,--duration", [&options](Duration d) { options.duration = d; },
      "End after this long (default 10s where -n is not given)");
  auto* rate =
      app->add_option("--rate", options.rate,
                      "Open loop: so many requests a second, latency from the intended send time")
          ->check(within(0.001, 1e7))
          ->type_name("R");
  app->add_flag("--honour-retry-after", options.honours_retry_after,
                "Closed loop: a client that is refused comes back when it was told to")
      ->excludes(rate);
  add_duration(
      app, "--ramp", [&options](Duration d) { options.ramp = d; },
      "From nothing to the whole load in a straight line, not measured (default none)");
  add_duration(
      app, "--warm-up", [&options](Duration d) { options.warm_up = d; },
      "Load before the measurement begins, after the ramp (default none)");
  add_parsed_list(
      app, "--stage", parse_stage, options.stages,
      "In a straight line to so many clients (with --rate: requests a second) over this "
      "long; may be repeated",
      "DURATION:TARGET")
      ->excludes(duration);
  add_choice<engine::Pattern>(
      app, "--arrivals", options.pattern,
      {{"uniform", engine::Pattern::uniform}, {"poisson", engine::Pattern::poisson}},
      "Open loop: at equal distances, or at random as strangers come (default uniform)")
      ->needs(rate);
  app->add_option("--seed", options.seed, "Of random arrivals (default 1)")->type_name("N");
  add_duration(
      app, "--catch-up", [&options](Duration d) { options.catch_up = d; },
      "Open loop: drop what is overdue by more (default: the timeout)")
      ->needs(rate);
  add_parsed_list(app, "--threshold", parse_threshold, options.thresholds,
                  "'p99<50ms', 'errors<1%', 'throughput>500': exit 99 where it is broken; may be "
                  "repeated",
                  "FIGURE<BOUND");
  add_pid(app, options.pid);
  app->add_option("--log", options.log, "Write a line for each measured request to this file (CSV)")
      ->type_name("FILE");
  add_choice<Compat>(app, "--compat", options.compat, {{"ab", Compat::ab}, {"hey", Compat::hey}},
                     "Text output under the headings of another tool");
  add_duration(
      app, "--interval", [&options](Duration d) { options.interval = d; },
      "Of --output hdrlog: so long is what a line is about (default 1s)");
  add_output(app, options.output, outputs_of_run());
}

void add_sweep(CLI::App* app, SweepOptions& options) {
  add_target(app, options.target);
  add_connection(app, options.target);
  add_via(app, options);
  app->add_option("--from", options.from, "First pool size (default 1)")
      ->check(from_one())
      ->type_name("N");
  app->add_option("--to", options.to, "Last pool size (default 64)")
      ->check(from_one())
      ->type_name("N");
  app->add_option("--factor", options.factor, "From one size to the next (default 2)")
      ->check(within(1.05, 16.0))
      ->type_name("F");
  add_duration(
      app, "--step-time", [&options](Duration d) { options.step_time = d; },
      "Measure each size for at least this long (default 3s)");
  add_objective(app, options.objective, options.p99_bound);
  add_pid(app, options.pid);
  add_parsed_list(app, "--slo", parse_slo, options.slo,
                  "'p99=50ms', 'errors=1%': a goal that every size has to keep; may be repeated",
                  "FIGURE=BOUND");
  app->add_option("--max-errors", options.most_errors,
                  "Share of failures, 0 to 1, beyond which a size is not judged (default 0.01)")
      ->check(within(0.0, 1.0))
      ->type_name("SHARE");
  add_duration(
      app, "--deadline", [&options](Duration d) { options.deadline = d; },
      "End the whole sweep after this long (default none)");
  app->add_option("--repeats", options.repeats, "Measure the ladder so many times (default 1)")
      ->check(within(1, 100))
      ->type_name("N");
  app->add_flag_function(
      "--no-refine", [&options](std::int64_t) { options.refine = false; },
      "Do not look between the steps around the sweet spot, nor confirm it");
  app->add_flag("--wide", options.wide, "All columns in the table");
  app->add_option("--html", options.html, "Write a report with a chart to this file")
      ->type_name("FILE");
  app->add_option("--svg", options.svg, "Write the chart to this file")->type_name("FILE");
  add_output(app, options.output, outputs_of_sweep());
}

void check(const RunOptions& options) {
  check(options.target);
  if (options.interval < std::chrono::milliseconds(100))
    throw CLI::ValidationError("--interval", "is below 100ms");
  for (const Threshold& threshold : options.thresholds) {
    if (threshold.figure == "unsent" && !options.rate)
      throw CLI::ValidationError("--threshold", "unsent needs --rate: else nothing is ever due");
  }
  if (options.stages.empty()) return;
  const bool is_over_at_once =
      std::all_of(options.stages.begin(), options.stages.end(),
                  [](const Stage& stage) { return stage.length == Duration(0); });
  if (is_over_at_once) throw CLI::ValidationError("--stage", "no stage lasts");
  if (options.rate) return;
  for (const Stage& stage : options.stages) {
    if (stage.to != std::floor(stage.to) || stage.to > most_clients) {
      throw CLI::ValidationError("--stage", "a number of clients is whole, and at most a million");
    }
  }
}

void check(const SweepOptions& options) {
  check(options.target);
  if (options.to < options.from) throw CLI::ValidationError("--to", "is below --from");
  check(options.objective, options.p99_bound);
  if (options.clients && *options.clients < options.to) {
    throw CLI::ValidationError("--clients", "is below --to: they could not keep the limit busy");
  }
}

}  // namespace sweetspot::loadgen
