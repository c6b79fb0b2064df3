#include "loadgen/command/printing.hpp"

#include <cerrno>
#include <cstdio>

namespace sweetspot::loadgen {
namespace {

// stdio keeps only that something failed; a later call has another errno.
int first_error = 0;

}  // namespace

void print(const std::string& text) {
  errno = 0;
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return;
  if (first_error == 0) first_error = errno;
}

Printed finish_printing() {
  const bool was_written = std::ferror(stdout) == 0;
  print("");
  return {was_written && first_error == 0, first_error};
}

}  // namespace sweetspot::loadgen
