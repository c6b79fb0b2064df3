#include <cstdio>
#include <nlohmann/json.hpp>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/costs.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"

namespace sweetspot::loadgen {

int execute(const CostsOptions& options, int) {
  const auto costs = measure_costs();
  if (options.output != Output::json) {
    print(format_costs(costs));
    return exit_ok;
  }
  nlohmann::ordered_json json{{"schema", "sweetspot-load/costs/1"},
                              {"costs", nlohmann::ordered_json::array()}};
  for (const Cost& cost : costs) {
    json["costs"].push_back({{"operation", cost.operation},
                             {"ns", cost.nanoseconds},
                             {"usual_low_ns", cost.low},
                             {"usual_high_ns", cost.high},
                             {"meaning", cost.meaning}});
  }
  print(json.dump(2) + "\n");
  return exit_ok;
}

}  // namespace sweetspot::loadgen
