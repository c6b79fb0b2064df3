#pragma once

#include <string>
#include <vector>

namespace sweetspot::ctl {

// Where the connection file is looked for when nobody names one: sweetspot/connection.yaml below
// $XDG_CONFIG_HOME, or else ~/.config.
std::string usual_connection_file();

// How to reach a sidecar and who calls, as a YAML map of the flags' names with _ for -. Paths in it
// are relative to its folder.
struct ConnectionFile {
  struct Entry {
    std::string key, value, where;  // where: FILE:LINE
  };
  std::vector<Entry> entries;
  std::string error;  // FILE:LINE: what was found, and what is allowed; empty where none
};
ConnectionFile read_connection_file(const std::string& path);

}  // namespace sweetspot::ctl
