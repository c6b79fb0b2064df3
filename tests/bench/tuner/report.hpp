#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tests/bench/tuner/score.hpp"

namespace sweetspot::bench {

struct Played {
  std::string algorithm;
  std::vector<Score> scores;  // by seed
  Summary summary;
  std::vector<Story::Point> limits;  // of the first seed
};

struct Result {
  Scenario scenario;
  Oracle oracle;
  std::vector<Played> played;  // this project's first
};

// "name target measured", for each target of the scenario that does not hold.
std::vector<std::string> missed(const Result& result);

void print_text(std::ostream& out, const Result& result);
void print_overall(std::ostream& out, const std::vector<Result>& results);
void print_csv(std::ostream& out, const std::vector<Result>& results);
void print_svg(std::ostream& out, const std::vector<Result>& results);
void print_json(std::ostream& out, const std::vector<Result>& results, std::uint64_t seed,
                const std::vector<std::string>& misses);

}  // namespace sweetspot::bench
