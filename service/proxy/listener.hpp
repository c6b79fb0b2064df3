#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "service/proxy/asio.hpp"
#include "service/proxy/settings.hpp"

namespace sweetspot::proxy {

class Worker;

// A listening socket, bound to `endpoint`; -1 with a sentence in `error` where it could not be.
// `shared`: other sockets of this process listen there, too. Port 0 becomes the port that was had.
int bind_listener(const Endpoint& endpoint, bool shared, std::uint16_t& port, std::string& error);

// Accepts connections for one worker. Out of descriptors, or at the most connections, it leaves
// clients in the kernel's queue and tries again when a connection has ended or a moment has passed.
class Listener {
 public:
  explicit Listener(Worker& worker);
  void open(int socket);
  void retry();  // a connection has ended
  void close();  // accepts those who are in the queue, then closes it
  void stop();   // closes it

 private:
  void accept();
  bool has_room() const;
  void take(Socket socket);

  Worker& worker_;
  Acceptor acceptor_;
  Timer pause_;
  bool is_paused_ = false;
};

}  // namespace sweetspot::proxy
