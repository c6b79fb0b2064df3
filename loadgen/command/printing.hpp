#pragma once

#include <string>

namespace sweetspot::loadgen {

// Writes what was asked for to stdout, at once. Where that fails, later results go on (a sweep
// still puts its sidecar's limit back), and main ends with `exit_unwritten`.
void print(const std::string& text);

// Whether all that was printed has been written, by whatever means; if not, why, as errno has it,
// or 0 where the one that wrote has not kept it.
struct Printed {
  bool whole = true;
  int error = 0;
};
Printed finish_printing();

}  // namespace sweetspot::loadgen
