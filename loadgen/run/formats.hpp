#pragma once

#include <string>

#include "loadgen/run/report.hpp"

namespace sweetspot::loadgen {

std::string format_run_markdown(const RunResult& result, const RunOptions& options);

// A test case a threshold; without thresholds one: there was a success.
std::string format_run_junit(const RunResult& result, const RunOptions& options);

// The text exposition format of Prometheus, for a pushgateway or a textfile collector.
std::string format_run_prometheus(const RunResult& result);

}  // namespace sweetspot::loadgen
