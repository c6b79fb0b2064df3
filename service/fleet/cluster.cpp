#include "service/fleet/cluster.hpp"

#include <charconv>

#include "service/platform/files.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::fleet {
namespace {

std::string first_word(const std::string& file) {
  return platform::first_word(platform::read_file(file));
}

Found no(std::string problem) { return {{}, std::move(problem)}; }

}  // namespace

Found find_cluster(const Settings& settings, const Environment& environment) {
  Cluster cluster;
  std::string address = settings.server;
  if (address.empty()) {
    const char* host = environment("KUBERNETES_SERVICE_HOST");
    const char* port = environment("KUBERNETES_SERVICE_PORT");
    if (host == nullptr || port == nullptr)
      return no("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod");
    const std::string name = host;
    const bool is_v6 = name.find(':') != std::string::npos;
    address = "https://" + (is_v6 ? "[" + name + "]" : name) + ":" + port;
  }
  const auto endpoint = platform::parse_endpoint(std::string_view(address).substr(8));
  if (!endpoint || endpoint.value->port == 0) return no("found no HOST:PORT in " + address);
  cluster.host = endpoint.value->host;
  cluster.port = endpoint.value->port;
  cluster.ca_file = settings.credentials + "/ca.crt";
  cluster.token_file = settings.credentials + "/token";
  cluster.name_space = settings.name_space.empty() ? first_word(settings.credentials + "/namespace")
                                                   : settings.name_space;
  if (cluster.name_space.empty())
    return no("fleet.namespace is not set, and " + settings.credentials +
              "/namespace cannot be read");
  return {std::move(cluster), {}};
}

std::string read_token(const Cluster& cluster) { return first_word(cluster.token_file); }

}  // namespace sweetspot::fleet
