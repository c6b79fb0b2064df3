#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace sweetspot::injector {

struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
};

// HTTPS for the webhook, on its loop's thread. The certificate is read anew within ten seconds of a
// change of its file; a new one that cannot be used leaves the old one in force.
class Server {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 0;
    std::string certificate, key;  // PEM files
  };
  using Handler = std::function<Reply(const std::string& method, const std::string& path,
                                      const std::string& body)>;
  using OnProblem = std::function<void(const std::string& problem)>;

  Server(boost::asio::io_context& loop, Settings settings, Handler handler, OnProblem on_problem);
  ~Server();

  struct Bound {
    std::uint16_t port = 0;
    std::string problem{};        // empty where it is bound
    bool is_certificate = false;  // to blame
  };
  Bound start();
  void stop();  // accepts nothing any more

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sweetspot::injector
