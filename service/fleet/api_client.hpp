#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "service/fleet/cluster.hpp"
#include "service/fleet/turns.hpp"

namespace boost::asio {
class io_context;
}

namespace sweetspot::fleet {

// Speaks HTTPS with the API server, on its loop's thread. Each request has a connection of its own,
// and reads CA and token anew, so that both may be replaced at any time. Callbacks come by the
// loop, and none after stop().
class ApiClient {
 public:
  ApiClient(boost::asio::io_context& loop, Cluster cluster);
  ~ApiClient();

  struct Call {
    std::string path;
    std::string body{};  // a PUT where there is one, else a GET
  };
  void send(Call call, std::function<void(Answer)> take);

  // A watch: each line as it comes, then the end with its answer (status 200 where the server just
  // ended it). It ends by itself where nothing comes for `silence`.
  void watch(std::string path, Duration silence, std::function<void(std::string_view line)> take,
             std::function<void(Answer)> end);
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sweetspot::fleet
