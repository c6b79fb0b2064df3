#pragma once

#include <string>
#include <string_view>

#include "loadgen/backend/input.hpp"
#include "loadgen/backend/request.hpp"
#include "loadgen/backend/site.hpp"

namespace sweetspot::backend {

// One connection, served by its own thread from accept to close: read, work, answer, again.
// Does not close the socket.
class Connection {
 public:
  Connection(int socket, Site& site) : socket_(socket), site_(site), input_(socket) {}
  void run();

 private:
  struct Answer {
    int status = 200;
    std::string_view type = "text/plain";
    std::string_view body;  // where empty, `filler` bytes of filling instead
    std::uint64_t filler = 0;
  };

  bool serve_one();  // false where the connection is to end
  bool read_body(const Request& request);
  bool respond(const Request& request);
  bool respond_to_work(const Request& request);
  bool send_answer(const Request& request, const Answer& answer);
  bool send_filler(std::uint64_t bytes);
  void refuse(int status);
  void reset();
  std::string statistics() const;

  int socket_;
  Site& site_;
  std::string head_;  // of the request at hand
  std::string body_;  // the same, where it is wanted
  Input input_;
};

}  // namespace sweetspot::backend
