#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/tls.hpp"
#include "service/platform/units.hpp"
#include "tuner/time.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

// What one request is like, and how it is sent. Of `run` and `sweep`.
struct Target {
  std::string url{};  // may be empty where there is a file of targets
  std::string targets_file{};
  std::string method{};                // empty: GET, or POST where there is a body
  std::vector<std::string> headers{};  // "Name: value"
  std::string body{};
  std::string body_file{};
  std::string body_lines{};                        // a file: each line is a body, in turn
  std::string basic{}, bearer{};                   // credentials, or @FILE that holds them
  std::string host{};                              // what the Host field says; empty: the URL's
  std::optional<platform::Endpoint> connect_to{};  // in place of the URL's host and port
  std::string unix_path{};                         // a Unix socket in their place
  engine::TlsOptions tls{};
  std::string server_name{};  // for TLS; empty: `host`, or the URL's
  int redirects = 0;          // followed at most for one request
  bool keep_alive = true;
  Duration timeout = std::chrono::seconds(20);  // from the send to the response's end
  int threads = 1;                              // of the client
};

// What a report calls it.
inline const std::string& name_of(const Target& target) {
  return target.targets_file.empty() ? target.url : target.targets_file;
}

}  // namespace sweetspot::loadgen
