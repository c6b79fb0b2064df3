// The scenario benchmark: this project's tuner and the field's algorithms, in virtual time, against
// the best static limit. See README.md beside this file, or --help.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/tuner/report.hpp"
#include "tests/bench/tuner/scenario_file.hpp"
#include "tests/bench/tuner/ticks.hpp"

namespace sweetspot::bench {
namespace {

constexpr const char* help = R"(usage: bench_tuner [OPTION ...]
  --scenarios FILE   scenarios from this JSON file in place of the built-in ones
  --draw N           N scenarios with fresh parameters in place of the built-in ones
  --seed S           of the draw and of the runs (default 1)
  --seeds K          runs of each algorithm in each scenario (default 9)
  --peers LIST       the field's algorithms to compare with: gradient,gradient2,vegas,aimd
                     (default all), or none
  --only TEXT        only scenarios whose name contains it; ticks: only what a tick costs
  --verdicts         print what this project's tuner said in its first run
  --jobs N           threads (default: one a CPU)
  --json FILE  --csv FILE  --svg FILE
exit status: 0 every target holds, 1 with a line `MISSED name target measured` for each that does
not, 2 wrong usage
)";

struct Options {
  std::string scenarios = SWEETSPOT_SCENARIOS, only, json, csv, svg;
  int draw = 0, seeds = 9, jobs = 0;
  std::uint64_t seed = 1;
  bool verdicts = false;
  std::vector<std::string> algorithms{"sweetspot", "gradient", "gradient2", "vegas", "aimd"};
};

std::vector<std::string> algorithms_of(const std::string& list) {
  std::vector<std::string> names{"sweetspot"};
  std::istringstream stream(list == "none" ? "" : list);
  for (std::string name; std::getline(stream, name, ',');) {
    if (!tuner::algorithm_from(name)) throw std::invalid_argument("--peers: found " + name);
    names.push_back(name);
  }
  return names;
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (++i >= argc) throw std::invalid_argument(flag + " wants a value");
      return argv[i];
    };
    if (flag == "--scenarios")
      o.scenarios = value();
    else if (flag == "--draw")
      o.draw = std::stoi(value());
    else if (flag == "--seed")
      o.seed = std::stoull(value());
    else if (flag == "--seeds")
      o.seeds = std::max(1, std::stoi(value()));
    else if (flag == "--peers")
      o.algorithms = algorithms_of(value());
    else if (flag == "--only")
      o.only = value();
    else if (flag == "--jobs")
      o.jobs = std::stoi(value());
    else if (flag == "--json")
      o.json = value();
    else if (flag == "--csv")
      o.csv = value();
    else if (flag == "--svg")
      o.svg = value();
    else if (flag == "--verdicts")
      o.verdicts = true;
    else if (flag == "--help")
      std::cout << help, std::exit(0);
    else
      throw std::invalid_argument("found " + flag);
  }
  return o;
}

void for_each_parallel(std::size_t count, int jobs, const std::function<void(std::size_t)>& work) {
  const int threads =
      jobs > 0 ? jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> pool;
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&] {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    });
  }
}

tuner::Settings settings_of(const Scenario& scenario, tuner::Algorithm algorithm, int start) {
  tuner::Settings settings;
  settings.algorithm = algorithm;
  settings.objective = scenario.objective;
  settings.initial = start;
  return settings;
}

Result examine(const Scenario& scenario, const Options& options) {
  constexpr int oracle_seeds = 3;
  Result result{scenario, {}, {}};
  const auto limits = candidate_limits(scenario);
  std::vector<std::vector<Story>> statics(limits.size(), std::vector<Story>(oracle_seeds));
  for_each_parallel(limits.size() * oracle_seeds, options.jobs, [&](std::size_t i) {
    const int limit = limits[i / oracle_seeds];
    statics[i / oracle_seeds][i % oracle_seeds] =
        play(scenario, settings_of(scenario, tuner::Algorithm::fixed, limit),
             options.seed + i % oracle_seeds);
  });
  const auto best = best_limits(scenario, limits, statics);
  const auto seeds = static_cast<std::size_t>(options.seeds);
  std::vector<std::vector<Story>> at_best(seeds, std::vector<Story>(best.size()));
  for_each_parallel(seeds * best.size(), options.jobs, [&](std::size_t i) {
    const std::size_t seed = i / best.size(), phase = i % best.size();
    at_best[seed][phase] = play(
        scenario, settings_of(scenario, tuner::Algorithm::fixed, best[phase]), options.seed + seed);
  });
  result.oracle = oracle_of(best, at_best);

  result.played.resize(options.algorithms.size());
  for (std::size_t a = 0; a < options.algorithms.size(); ++a) {
    result.played[a].algorithm = options.algorithms[a];
    result.played[a].scores.resize(seeds);
  }
  for_each_parallel(options.algorithms.size() * seeds, options.jobs, [&](std::size_t i) {
    Played& played = result.played[i / seeds];
    const auto algorithm = *tuner::algorithm_from(played.algorithm);
    const Story story =
        play(scenario, settings_of(scenario, algorithm, scenario.start), options.seed + i % seeds);
    played.scores[i % seeds] = score(scenario, result.oracle, i % seeds, story);
    if (i % seeds != 0) return;
    played.limits = story.limits;
    if (!options.verdicts || i != 0) return;
    for (const auto& v : story.verdicts) {
      std::printf("%8.3f %-18s %s\n", tuner::seconds(v.at.time_since_epoch()),
                  std::string(to_string(v.reason)).c_str(), v.sentence.c_str());
    }
  });
  for (Played& played : result.played) played.summary = summarise(scenario, played.scores);
  return result;
}

template <typename Print>
void write(const std::string& path, Print print) {
  if (path.empty()) return;
  std::ofstream file(path);
  print(file);
  if (!file) throw std::runtime_error("cannot write " + path);
}

int run(const Options& options) {
  auto scenarios = options.draw > 0 ? draw_scenarios(options.draw, options.seed)
                                    : read_scenarios(options.scenarios);
  std::erase_if(scenarios,
                [&](const Scenario& s) { return s.name.find(options.only) == std::string::npos; });
  if (scenarios.empty() && options.only != "ticks")
    throw std::invalid_argument("--only: no scenario's name contains it");
  std::vector<Result> results;
  std::vector<std::string> misses;
  for (const Scenario& scenario : scenarios) {
    results.push_back(examine(scenario, options));
    print_text(std::cout, results.back());
    std::cout << std::flush;
    for (std::string& miss : missed(results.back())) misses.push_back(std::move(miss));
  }
  print_overall(std::cout, results);
  if (options.only.empty() || options.only == "ticks") {
    for (std::string& miss : examine_ticks(std::cout)) misses.push_back(std::move(miss));
  }
  write(options.json, [&](auto& out) { print_json(out, results, options.seed, misses); });
  write(options.csv, [&](auto& out) { print_csv(out, results); });
  write(options.svg, [&](auto& out) { print_svg(out, results); });
  for (const std::string& miss : misses) std::cout << "MISSED " << miss << "\n";
  return misses.empty() ? 0 : 1;
}

}  // namespace
}  // namespace sweetspot::bench

int main(int argc, char** argv) {
  try {
    return sweetspot::bench::run(sweetspot::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "bench_tuner: " << error.what() << "\n";
    return 2;
  }
}
