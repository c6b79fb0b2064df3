#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/arrivals.hpp"
#include "loadgen/engine/url.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

// What a request is made of.
struct RequestParts {
  std::string method = "GET";
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  bool keep_alive = true;
};

// The bytes of the request, head and body. A sentence where a part cannot be sent.
platform::Parsed<std::string> make_request(const Url& url, const RequestParts& parts);

// A stretch of a run: over when both lower bounds are met, or the upper one is.
struct Stretch {
  Duration at_least{};
  std::uint64_t requests = 0;  // completed in it
  Duration at_most = Duration::max();
};

// One run, decided beforehand. Constant while it lasts; all workers read it.
struct Plan {
  platform::Endpoint server;
  std::string request;     // the same bytes every time
  bool head_only = false;  // the method is HEAD: responses have no body
  bool keep_alive = true;
  int connections = 1;     // closed loop: clients; open loop: at most so many requests at once
  int threads = 1;
  std::optional<std::uint64_t> requests;  // sent in all; then the run ends
  std::optional<double> rate;             // requests a second, open loop; closed loop where absent
  Pattern pattern = Pattern::uniform;     // open loop
  std::uint64_t seed = 1;                 // of the pattern
  std::optional<Duration> catch_up;       // open loop: what is overdue by more is dropped; else the timeout
  Duration timeout = std::chrono::seconds(20);  // from the send to the response's end
  Stretch warm_up{Duration(0), 0, Duration(0)};  // loaded, not measured
  Stretch measured{Duration::max(), 0, Duration::max()};  // else until the requests are used up
  Duration drain = std::chrono::seconds(1);  // at most so long for answers after the end
};

}  // namespace sweetspot::engine
