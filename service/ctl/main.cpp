#include <unistd.h>

#include <exception>
#include <iostream>

#include "service/ctl/commands.hpp"
#include "service/platform/streams.hpp"

int main(int argc, char** argv) {
  sweetspot::platform::hold_standard_streams();
  try {
    return sweetspot::ctl::run(argc, argv, std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1);
  } catch (const std::exception& error) {
    std::cerr << "sweetspotctl: " << error.what() << "\n";
    return 1;
  }
}
