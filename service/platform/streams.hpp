#pragma once

namespace sweetspot::platform {

// Called once, at the start of main. Those of the descriptors 0 to 2 that the caller has closed are
// held, or else a socket of ours might get the number, and with it what is meant to be printed.
// What is printed fails then, as it should.
void hold_standard_streams();

}  // namespace sweetspot::platform
