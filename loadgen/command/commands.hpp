#pragma once

#include "loadgen/command/options.hpp"

namespace sweetspot::loadgen {

// Each carries out one command and returns the exit code. Data goes to stdout, the rest to stderr.
// `stop` is a descriptor that is readable once the command is to end early.
int execute(const RunOptions& options, int stop);
int execute(const SweepOptions& options, int stop);
int execute(const KneeOptions& options, int stop);
int execute(const CompareOptions& options, int stop);
int execute(const MergeOptions& options, int stop);
int execute(const CostsOptions& options, int stop);
int execute(const BackendOptions& options, int stop);

}  // namespace sweetspot::loadgen
