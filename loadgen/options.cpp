#include "loadgen/options.hpp"

#include <CLI/CLI.hpp>
#include <map>

#include "loadgen/exit_codes.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::loadgen {
namespace {

// An option whose text one of platform's readers understands.
template <class T, class Store>
CLI::Option* add_parsed(CLI::App* app, const std::string& name,
                        platform::Parsed<T> (*parse)(std::string_view), Store store,
                        const std::string& help, const std::string& type) {
  return app
      ->add_option_function<std::string>(
          name,
          [=](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed) throw CLI::ValidationError(name, parsed.error);
            store(*parsed);
          },
          help)
      ->type_name(type);
}

template <class Store>
CLI::Option* add_duration(CLI::App* app, const std::string& name, Store store,
                          const std::string& help) {
  return add_parsed(app, name, platform::parse_duration, store, help, "DURATION");
}

template <class T>
CLI::Option* add_choice(CLI::App* app, const std::string& name, T& value,
                        const std::map<std::string, T>& choices, const std::string& help) {
  std::string type;
  for (const auto& [word, meaning] : choices) type += (type.empty() ? "" : "|") + word;
  return app
      ->add_option_function<std::string>(
          name, [&value, choices](const std::string& word) { value = choices.at(word); }, help)
      ->check(CLI::IsMember(choices))
      ->type_name(type);
}

const CLI::Range at_least_one(1, 1'000'000);

using Outputs = std::map<std::string, Output>;
const Outputs outputs_of_sweep{{"text", Output::text},         {"json", Output::json},
                               {"csv", Output::csv},           {"markdown", Output::markdown},
                               {"junit", Output::junit},       {"prometheus", Output::prometheus}};
const Outputs outputs_of_run = [] {
  Outputs outputs = outputs_of_sweep;
  outputs["hgrm"] = Output::hgrm;
  outputs["hdrlog"] = Output::hdrlog;
  return outputs;
}();

void add_output(CLI::App* app, Output& output, const Outputs& outputs) {
  add_choice<Output>(app, "--output", output, outputs, "What to print on stdout (default text)");
}

// May be repeated.
CLI::Option* add_thresholds(CLI::App* app, const std::string& name,
                            platform::Parsed<Threshold> (*parse)(std::string_view),
                            std::vector<Threshold>& thresholds, const std::string& help,
                            const std::string& type) {
  return app
      ->add_option_function<std::vector<std::string>>(
          name,
          [name, parse, &thresholds](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              const auto threshold = parse(text);
              if (!threshold) throw CLI::ValidationError(name, threshold.error);
              thresholds.push_back(*threshold);
            }
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

void add_objective(CLI::App* app, tuner::Objective& objective, std::optional<Duration>& bound) {
  add_choice<tuner::Objective>(app, "--objective", objective,
                               {{"balanced", tuner::Objective::balanced},
                                {"throughput", tuner::Objective::throughput},
                                {"latency", tuner::Objective::latency}},
                               "What counts as the best size (default balanced)");
  add_duration(app, "--p99-bound", [&bound](Duration d) { bound = d; },
               "Objective latency: the p99 that has to be kept");
}

void add_target(CLI::App* app, Target& target) {
  app->add_option("URL", target.url, "http://HOST[:PORT][/PATH]")->required();
  app->add_option("-m,--method", target.method, "Method (default GET; POST with a body)")
      ->type_name("METHOD");
  app->add_option("-H,--header", target.headers, "Request header 'Name: value'; may be repeated")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  auto* body = app->add_option("-d,--body", target.body, "Request body")->type_name("TEXT");
  app->add_option("-D,--body-file", target.body_file, "Request body from a file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->excludes(body);
  app->add_flag("!--no-keepalive", target.keep_alive, "A new connection for every request");
  add_duration(app, "--timeout", [&target](Duration d) { target.timeout = d; },
               "Give a request up after this long (default 20s)");
  app->add_option("--threads", target.threads, "Threads of the client (default 1)")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
}

void add_run(CLI::App* app, RunOptions& options) {
  add_target(app, options.target);
  app->add_option("-c,--connections", options.connections, "Clients at once (default 50)")
      ->check(at_least_one)
      ->type_name("N");
  app->add_option("-n,--requests", options.requests, "End after so many requests")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  add_duration(app, "-z,--duration", [&options](Duration d) { options.duration = d; },
               "End after this long (default 10s where -n is not given)");
  app->add_option("--rate", options.rate,
                  "Open loop: so many requests a second, latency from the intended send time")
      ->check(CLI::Range(0.001, 1e7))
      ->type_name("R");
  add_duration(app, "--warm-up", [&options](Duration d) { options.warm_up = d; },
               "Load before the measurement begins (default none)");
  add_choice<engine::Pattern>(
      app, "--arrivals", options.pattern,
      {{"uniform", engine::Pattern::uniform}, {"poisson", engine::Pattern::poisson}},
      "Open loop: at equal distances, or at random as strangers come (default uniform)");
  app->add_option("--seed", options.seed, "Of random arrivals (default 1)")->type_name("N");
  add_duration(app, "--catch-up", [&options](Duration d) { options.catch_up = d; },
               "Open loop: drop what is overdue by more (default: the timeout)");
  add_thresholds(app, "--threshold", parse_threshold, options.thresholds,
                 "'p99<50ms', 'errors<1%', 'throughput>500': exit 99 where it is broken; may be "
                 "repeated",
                 "FIGURE<BOUND");
  add_choice<Compat>(app, "--compat", options.compat, {{"ab", Compat::ab}, {"hey", Compat::hey}},
                     "Text output under the headings of another tool");
  add_output(app, options.output, outputs_of_run);
}

void add_sweep(CLI::App* app, SweepOptions& options) {
  add_target(app, options.target);
  app->add_option("--from", options.from, "First pool size (default 1)")
      ->check(at_least_one)
      ->type_name("N");
  app->add_option("--to", options.to, "Last pool size (default 64)")
      ->check(at_least_one)
      ->type_name("N");
  app->add_option("--factor", options.factor, "From one size to the next (default 2)")
      ->check(CLI::Range(1.05, 16.0))
      ->type_name("F");
  add_duration(app, "--step-time", [&options](Duration d) { options.step_time = d; },
               "Measure each size for at least this long (default 3s)");
  add_objective(app, options.objective, options.p99_bound);
  app->add_option("--pid", options.pid, "Process whose threads are counted while a step runs")
      ->check(CLI::PositiveNumber)
      ->type_name("PID");
  add_thresholds(app, "--slo", parse_slo, options.slo,
                 "'p99=50ms', 'errors=1%': a goal that every size has to keep; may be repeated",
                 "FIGURE=BOUND");
  app->add_option("--max-errors", options.most_errors,
                  "Share of failures, 0 to 1, beyond which a size is not judged (default 0.01)")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE");
  add_duration(app, "--deadline", [&options](Duration d) { options.deadline = d; },
               "End the whole sweep after this long (default none)");
  app->add_flag("!--no-refine", options.refine,
                "Do not look between the steps around the sweet spot, nor confirm it");
  app->add_flag("--wide", options.wide, "All columns in the table");
  app->add_option("--html", options.html, "Write a report with a chart to this file")
      ->type_name("FILE");
  app->add_option("--svg", options.svg, "Write the chart to this file")->type_name("FILE");
  add_output(app, options.output, outputs_of_sweep);
}

void add_knee(CLI::App* app, KneeOptions& options) {
  app->add_option("FILE", options.file,
                  "CSV: pool_size,throughput,p50_ms,p99_ms,threads in any order; p50_ms and "
                  "threads may be missing; - reads stdin")
      ->required();
  add_objective(app, options.objective, options.p99_bound);
}

void add_compare(CLI::App* app, CompareOptions& options) {
  app->add_option("A", options.before, "The run before: what `run --output json` wrote")->required();
  app->add_option("B", options.after, "The run after")->required();
  app->add_option("--tolerance", options.tolerance,
                  "Share, 0 to 1, by which B may be worse without being a regression (default 0.05)")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE");
  add_output(app, options.output, {{"text", Output::text}, {"json", Output::json}});
}

void add_merge(CLI::App* app, MergeOptions& options) {
  app->add_option("FILE", options.files, "Runs: what `run --output json` wrote")->required();
  add_choice<Output>(app, "--output", options.output, outputs_of_run,
                     "What to print on stdout (default json)");
}

void add_costs(CLI::App* app, CostsOptions& options) {
  add_output(app, options.output, {{"text", Output::text}, {"json", Output::json}});
}

void add_backend(CLI::App* app, BackendOptions& options) {
  using backend::Distribution;
  using backend::ModelKind;
  add_parsed(app, "--listen", platform::parse_endpoint,
             [&options](const platform::Endpoint& e) { options.listen = e; },
             "Address (default 127.0.0.1:8081); port 0 lets the system choose", "HOST:PORT");
  add_choice<ModelKind>(
      app, "--model", options.model.kind,
      {{"disk", ModelKind::disk}, {"sleep", ModelKind::sleep}, {"cpu", ModelKind::cpu}},
      "What a request's work is (default disk)");
  app->add_option("--parallelism", options.model.parallelism,
                  "Requests served at full speed at once (default: disk 4, sleep 8, cpu no bound)")
      ->check(at_least_one)
      ->type_name("N");
  add_duration(app, "--service-time", [&options](Duration d) { options.model.service_time = d; },
               "Mean time of a request that is alone (default 10ms)");
  app->add_option_function<std::string>(
         "--distribution",
         [&options](const std::string& word) {
           options.model.distribution = word == "constant"      ? Distribution::constant
                                        : word == "exponential" ? Distribution::exponential
                                                                : Distribution::lognormal;
         },
         "Of the service time (default: disk lognormal, else constant)")
      ->check(CLI::IsMember({"constant", "exponential", "lognormal"}))
      ->type_name("constant|exponential|lognormal");
  app->add_option("--threads", options.max_threads,
                  "At most so many connections served at once, a thread each; the others wait "
                  "(default no bound)")
      ->check(at_least_one)
      ->type_name("MAX");
  app->add_option("--seed", options.model.seed, "Of all randomness (default 1)")->type_name("N");
}

// What no single option can know.
void check(const RunOptions& options) {
  if (options.target.timeout <= Duration(0)) throw CLI::ValidationError("--timeout", "is zero");
}

void check(const SweepOptions& options) {
  if (options.target.timeout <= Duration(0)) throw CLI::ValidationError("--timeout", "is zero");
  if (options.to < options.from) throw CLI::ValidationError("--to", "is below --from");
  if (options.objective == tuner::Objective::latency && !options.p99_bound) {
    throw CLI::ValidationError("--objective", "latency needs --p99-bound");
  }
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
  app.require_subcommand(1);
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
  auto* compare_app = app.add_subcommand("compare", "Say how two runs differ, and how sure that is");
  auto* merge_app = app.add_subcommand("merge", "Make one result of runs that went on at once");
  auto* costs_app = app.add_subcommand("costs", "Measure what calls and threads cost on this machine");
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
