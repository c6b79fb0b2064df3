#pragma once

#include <cstdint>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "loadgen/backend/site.hpp"
#include "loadgen/backend/thread.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::backend {

struct Settings {
  platform::Endpoint listen{"127.0.0.1", 0};
  ModelSettings model;
  int max_threads = std::numeric_limits<int>::max();  // for connections; more wait to be accepted
};

// A blocking HTTP/1.1 server as they are found in the wild: a thread for each connection, made at
// accept and gone at close. What Sweetspot is to be put in front of. Made and run by one thread.
class Server {
 public:
  explicit Server(Settings settings);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens. Returns a sentence on why it cannot; empty where it does.
  std::string bind();
  std::uint16_t port() const { return port_; }

  // Serves until the descriptor `stop` is readable; then cuts short the work, ends every
  // connection and returns.
  void run(int stop);

 private:
  struct Link {
    int socket = -1;
    Thread thread;
  };
  using Links = std::list<Link>;

  void accept_one();
  void serve(Links::iterator link);
  void reap();
  void end_all();
  bool is_full();

  Settings settings_;
  Site site_;
  std::uint16_t port_ = 0;
  int wake_ = -1;  // readable when a connection ended

  std::mutex mutex_;  // guards what follows
  Links live_;
  Links ended_;  // to be joined
};

}  // namespace sweetspot::backend
