#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace sweetspot::observe {

// What a GET of a path answers.
struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Within this time from the request's arrival the page is asked for again, and nothing is answered
  // yet: what it tells is about to change. 0: this is the answer.
  std::chrono::nanoseconds worth_waiting{0};
};
using Pages = std::map<std::string, std::function<Page()>, std::less<>>;

// The admin port: HTTP on the control thread's loop, for scrapers and probes. Bounded in
// connections, sizes and time. All but stop() before the loop runs or on its thread.
class AdminServer {
 public:
  AdminServer(boost::asio::io_context& loop, Pages pages);
  ~AdminServer();

  // Binds and listens. Returns the bound port, or a sentence on why it could not bind.
  struct Bound {
    std::uint16_t port = 0;
    std::string error;  // empty where bound
  };
  Bound bind(const std::string& host, std::uint16_t port);
  void start();
  void stop();  // closes the listener; connections end with their answer or the loop

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sweetspot::observe
