#pragma once

namespace sweetspot::loadgen {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no_success = 1;  // the target gave no good answer
inline constexpr int exit_usage = 2;       // the command line or an input file is wrong
inline constexpr int exit_bind = 3;        // the address cannot be listened on
inline constexpr int exit_invalid = 4;     // it was measured, but no figure of it can be trusted
inline constexpr int exit_unwritten = 5;   // the result could not be written
inline constexpr int exit_broken = 99;     // a threshold or goal was not kept

}  // namespace sweetspot::loadgen
