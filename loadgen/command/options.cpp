#include "loadgen/command/options.hpp"

#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/option_kinds.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {

const Outputs& outputs_of_sweep() {
  static const Outputs outputs{{"text", Output::text},   {"json", Output::json},
                               {"csv", Output::csv},     {"markdown", Output::markdown},
                               {"junit", Output::junit}, {"prometheus", Output::prometheus}};
  return outputs;
}

const Outputs& outputs_of_run() {
  static const Outputs outputs = [] {
    Outputs more = outputs_of_sweep();
    more["hgrm"] = Output::hgrm;
    more["hdrlog"] = Output::hdrlog;
    return more;
  }();
  return outputs;
}

void add_output(CLI::App* app, Output& output, const Outputs& outputs) {
  add_choice<Output>(app, "--output", output, outputs, "What to print on stdout (default text)");
}

void add_objective(CLI::App* app, tuner::Objective& objective, std::optional<Duration>& bound) {
  add_choice<tuner::Objective>(app, "--objective", objective,
                               {{"balanced", tuner::Objective::balanced},
                                {"throughput", tuner::Objective::throughput},
                                {"latency", tuner::Objective::latency}},
                               "What counts as the best size (default balanced)");
  add_duration(
      app, "--p99-bound", [&bound](Duration d) { bound = d; },
      "Objective latency: the p99 that has to be kept");
}

namespace {

void add_knee(CLI::App* app, KneeOptions& options) {
  app->add_option("FILE", options.file,
                  "CSV: pool_size,throughput,p50_ms,p99_ms,threads in any order; p50_ms and "
                  "threads may be missing; - reads stdin")
      ->required();
  add_objective(app, options.objective, options.p99_bound);
}

void add_compare(CLI::App* app, CompareOptions& options) {
  app->add_option("A", options.before, "The run before: what `run --output json` wrote")
      ->required();
  app->add_option("B", options.after, "The run after")->required();
  app->add_option(
         "--tolerance", options.tolerance,
         "Share, 0 to 1, by which B may be worse without being a regression (default 0.05)")
      ->check(within(0.0, 1.0))
      ->type_name("SHARE");
  add_output(app, options.output, {{"text", Output::text}, {"json", Output::json}});
}

void add_merge(CLI::App* app, MergeOptions& options) {
  app->add_option("FILE", options.files, "Runs: what `run --output json` wrote")->required();
  add_choice<Output>(app, "--output", options.output, outputs_of_run(),
                     "What to print on stdout (default json)");
}

void add_costs(CLI::App* app, CostsOptions& options) {
  add_output(app, options.output, {{"text", Output::text}, {"json", Output::json}});
}

void add_backend(CLI::App* app, BackendOptions& options) {
  using backend::Distribution;
  using backend::ModelKind;
  add_parsed(
      app, "--listen", platform::parse_endpoint,
      [&options](const platform::Endpoint& e) { options.listen = e; },
      "Address (default 127.0.0.1:8081); port 0 lets the system choose", "HOST:PORT");
  add_choice<ModelKind>(
      app, "--model", options.model.kind,
      {{"disk", ModelKind::disk}, {"sleep", ModelKind::sleep}, {"cpu", ModelKind::cpu}},
      "What a request's work is (default disk)");
  app->add_option("--parallelism", options.model.parallelism,
                  "Requests served at full speed at once (default: disk 4, sleep 8, cpu no bound)")
      ->check(from_one())
      ->type_name("N");
  add_duration(
      app, "--service-time", [&options](Duration d) { options.model.service_time = d; },
      "Mean time of a request that is alone (default 10ms)");
  app->add_option_function<std::string>(
         "--distribution",
         [&options](const std::string& word) {
           options.model.distribution = word == "constant"      ? Distribution::constant
                                        : word == "exponential" ? Distribution::exponential
                                                                : Distribution::lognormal;
         },
         "Of the service time (default: disk lognormal, else constant)")
      ->check(untold(CLI::IsMember({"constant", "exponential", "lognormal"})))
      ->type_name("constant|exponential|lognormal");
  app->add_option("--threads", options.max_threads,
                  "At most so many connections served at once, a thread each; the others wait "
                  "(default no bound)")
      ->check(from_one())
      ->type_name("MAX");
  app->add_option("--seed", options.model.seed, "Of all randomness (default 1)")->type_name("N");
}

void check(const KneeOptions& options) {
  if (options.objective == tuner::Objective::latency && !options.p99_bound) {
    throw CLI::ValidationError("--objective", "latency needs --p99-bound");
  }
}

void check(const CompareOptions&) {}
void check(const MergeOptions&) {}
void check(const CostsOptions&) {}

void check(const BackendOptions& options) {
  const auto time = options.model.service_time;
  if (time && *time <= Duration(0)) throw CLI::ValidationError("--service-time", "is zero");
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, const char* const* argv) {
  CLI::App app("Drives load, finds the sweet spot of a blocking service, and says why.",
               "sweetspot-load");
  app.set_version_flag("--version", std::string("sweetspot-load ") + SWEETSPOT_VERSION);
  app.require_subcommand(0, 1);  // none is told apart from a wrong one below
  RunOptions run;
  SweepOptions sweep;
  KneeOptions knee;
  CompareOptions compare;
  MergeOptions merge;
  CostsOptions costs;
  BackendOptions backend;
  backend.listen = {"127.0.0.1", 8081};
  auto* run_app = app.add_subcommand("run", "Drive load on a URL and report what came back");
  auto* sweep_app = app.add_subcommand("sweep", "Double the pool size until it no longer pays");
  auto* knee_app = app.add_subcommand("knee", "Judge a finished table of pool sizes");
  auto* compare_app =
      app.add_subcommand("compare", "Say how two runs differ, and how sure that is");
  auto* merge_app = app.add_subcommand("merge", "Make one result of runs that went on at once");
  auto* costs_app =
      app.add_subcommand("costs", "Measure what calls and threads cost on this machine");
  auto* backend_app = app.add_subcommand("backend", "Serve as a blocking backend to test against");
  add_run(run_app, run);
  add_sweep(sweep_app, sweep);
  add_knee(knee_app, knee);
  add_compare(compare_app, compare);
  add_merge(merge_app, merge);
  add_costs(costs_app, costs);
  add_backend(backend_app, backend);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
    if (*run_app) return check(run), Command(run);
    if (*sweep_app) return check(sweep), Command(sweep);
    if (*knee_app) return check(knee), Command(knee);
    if (*compare_app) return check(compare), Command(compare);
    if (*merge_app) return check(merge), Command(merge);
    if (*costs_app) return check(costs), Command(costs);
    return check(backend), Command(backend);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
}

}  // namespace sweetspot::loadgen
