#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/arrivals.hpp"
#include "loadgen/engine/request_log.hpp"
#include "loadgen/engine/tls.hpp"
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

// Whether a line "Name: value" has that name, whatever its case.
bool is_header(std::string_view line, std::string_view name);

// Where connections go.
struct Server {
  platform::Endpoint endpoint{};
  std::string unix_path{};  // where not empty, a Unix socket in its place
  bool is_secure = false;
  std::string tls_name{};  // sent to the server, and wanted in its certificate

  bool operator==(const Server&) const = default;
};

// What is connected to in place of what a URL says.
struct Route {
  std::optional<platform::Endpoint> connect_to{};
  std::string unix_path{};
  std::string tls_name{};  // empty: the URL's host
};
Server server_of(const Url& url, const Route& route);

// The same request again and again, or one of several in turn that differ by their bodies.
struct Call {
  std::size_t server = 0;               // in the plan's list
  std::vector<std::string> messages{};  // as bytes; at least one
  bool head_only = false;               // the method is HEAD: responses have no body
  double weight = 1;                    // how often beside the others
  // For who follows a redirect: where it began, and its parts but for the body.
  Url url{};
  RequestParts parts{};
};

// A stretch of a run: over when both lower bounds are met, or the upper one is.
struct Stretch {
  Duration at_least{};
  std::uint64_t requests = 0;  // completed in it
  Duration at_most = Duration::max();
};

// One run, decided beforehand. Constant while it lasts; all workers read it.
struct Plan {
  std::vector<Server> servers;
  std::shared_ptr<const TlsContext> tls;  // where a server is secure, or a redirect may lead to one
  std::vector<Call> calls;
  bool keep_alive = true;
  int redirects = 0;                // followed at most for one request
  Route route;                      // of where they lead
  bool waits_when_refused = false;  // closed loop: as long as Retry-After says
  int connections = 1;  // closed loop: clients; open loop: at most so many requests at once
  int threads = 1;
  std::optional<std::uint64_t> requests;  // sent in all; then the run ends
  std::optional<Profile> clients;         // closed loop: how many of them are at work over time
  std::optional<Profile> rate;            // requests a second, open loop; closed loop where absent
  std::vector<Duration> stages;           // of what is measured: how long each is, told apart
  Pattern pattern = Pattern::uniform;     // open loop
  std::uint64_t seed = 1;                 // of the pattern, and of which call is next
  std::optional<Duration>
      catch_up;  // open loop: what is overdue by more is dropped; else the timeout
  Duration timeout = std::chrono::seconds(20);            // from the send to the response's end
  Stretch warm_up{Duration(0), 0, Duration(0)};           // loaded, not measured
  Stretch measured{Duration::max(), 0, Duration::max()};  // else until the requests are used up
  Duration drain = std::chrono::seconds(1);  // at most so long for answers after the end
  bool shows_latencies = false;              // to who watches, while it runs
  std::shared_ptr<RequestLog> log{};         // null: nobody wants a line a request
};

}  // namespace sweetspot::engine
