#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "service/fleet/settings.hpp"

namespace sweetspot::fleet {

// Where the API server is and how to show who one is, by the in-cluster convention: the address
// from the environment; token, CA and namespace from files of the credentials' folder.
struct Cluster {
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 0;
  std::string name_space;
  std::string ca_file, token_file;
};

using Environment = std::function<const char*(const char* name)>;  // as std::getenv

struct Found {
  std::optional<Cluster> cluster;
  std::string problem;  // where there is none
};
Found find_cluster(const Settings& settings, const Environment& environment);

// The token as it is now: it is replaced while the process runs. Empty where there is none.
std::string read_token(const Cluster& cluster);

}  // namespace sweetspot::fleet
