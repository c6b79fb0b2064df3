#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "service/observe/live_feed.hpp"

namespace boost::asio {
class io_context;
}

namespace sweetspot::observe {

// What a GET of a path answers.
struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Within this time from the request's arrival the page is asked for again, and nothing is
  // answered yet: what it tells is about to change. 0: this is the answer.
  std::chrono::nanoseconds worth_waiting{0};
};
using Pages = std::map<std::string, std::function<Page()>, std::less<>>;

// What a POST brings; empty fields where it has none.
struct Post {
  std::string host, origin, fetch_site, content_type, authorization, body;
};
using Posts = std::map<std::string, std::function<Page(const Post&)>, std::less<>>;
using Feeds = std::map<std::string, LiveFeed*, std::less<>>;  // by GET, as server-sent events

// The admin port: HTTP on the control thread's loop, for scrapers, probes and the page. Bounded in
// connections, sizes and time. All but stop() before the loop runs or on its thread.
class AdminServer {
 public:
  AdminServer(boost::asio::io_context& loop, Pages pages, Posts posts = {}, Feeds feeds = {});
  ~AdminServer();

  // Binds and listens. Returns the bound port, or a sentence on why it could not bind.
  struct Bound {
    std::uint16_t port = 0;
    std::string error;  // empty where bound
  };
  Bound bind(const std::string& host, std::uint16_t port);
  void start();
  void stop();  // closes the listener, ends feeds; connections end with their answer or the loop

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sweetspot::observe
