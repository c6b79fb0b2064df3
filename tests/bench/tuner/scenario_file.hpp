#pragma once

#include <string>
#include <vector>

#include "tests/simulation/scenario.hpp"

namespace sweetspot::bench {

// Reads scenarios from JSON; README.md beside this file documents the schema. Throws
// std::runtime_error, naming the scenario and the key, where the file is wrong.
std::vector<simulation::Scenario> read_scenarios(const std::string& path);

// Scenarios with parameters that nobody has seen: the same for the same seed.
std::vector<simulation::Scenario> draw_scenarios(int count, std::uint64_t seed);

}  // namespace sweetspot::bench
