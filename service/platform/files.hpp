#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "service/platform/units.hpp"

namespace sweetspot::platform {

// Files that a user names are read whole, but never without end, whatever they turn out to be. An
// error tells what is wrong, without the path.

inline constexpr std::size_t largest_file = 1024 * 1024;

// What keeps it from being read as below; empty where nothing. For libraries that read it
// themselves.
std::string judge_file(const std::string& path, std::size_t most = largest_file);

// Of a regular file, which may be read again, of at most so many bytes.
Parsed<std::string> read_file(const std::string& path, std::size_t most = largest_file);

// Also of a pipe, a terminal or a device, as `/dev/stdin` and the shell's `<(command)` are. It is
// given up where nothing comes for that long.
Parsed<std::string> read_stream(const std::string& path, std::size_t most = largest_file,
                                std::chrono::milliseconds patience = std::chrono::seconds(30));

Parsed<std::string> read_stdin(std::size_t most = largest_file,
                               std::chrono::milliseconds patience = std::chrono::seconds(30));

// Its first word; empty where it has none or cannot be read. Of a file that holds a secret.
std::string first_word(const Parsed<std::string>& content);

}  // namespace sweetspot::platform
