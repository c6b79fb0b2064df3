#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "service/proxy/io/asio.hpp"
#include "service/proxy/settings.hpp"

namespace sweetspot::proxy {

class Worker;

// Sockets that listen at `endpoint`, one for each worker; none with a sentence in `error` where it
// could not be had. Port 0 becomes the port that was had. Nobody else may listen there, be it a
// second instance.
std::vector<int> bind_listeners(Endpoint& endpoint, std::size_t workers, std::string& error);

// Takes away what a Unix socket leaves in its folder.
void forget_listener(const Endpoint& endpoint);

// Accepts connections for one worker. Out of descriptors, or at the most connections, it leaves
// clients in the kernel's queue and tries again when a connection has ended or a moment has passed.
class Listener {
 public:
  // From the last new connection to the close: for the last word of a handshake that has begun.
  static constexpr std::chrono::milliseconds arrival_time{100};

  // `how` outlives it.
  Listener(Worker& worker, int socket, const Listen& how);
  void retry();  // a connection has ended
  void
  leave();      // lets nobody new connect, accepts those who have, then closes and tells the worker
  void stop();  // closes it
  bool is_open() const { return acceptor_.is_open(); }

 private:
  void accept();
  void accept_queue();
  bool has_room() const;
  void take(Socket socket);

  Worker& worker_;
  const Listen& how_;
  Acceptor acceptor_;
  Timer pause_;
  bool is_paused_ = false, is_leaving_ = false;
};

}  // namespace sweetspot::proxy
