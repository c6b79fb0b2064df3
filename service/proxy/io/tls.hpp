#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "service/proxy/framing/outbox.hpp"
#include "service/proxy/settings.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace sweetspot::proxy {

// What connections are secured with, as read from files. Shared by all that began under it.
struct TlsContexts {
  std::shared_ptr<ssl_ctx_st> downstream, upstream;  // null where there is none
  std::int64_t expires = 0;  // when our certificate does, Unix time; 0 without one
  std::string error;         // why they could not be made; empty where they could
};
TlsContexts load_tls(const Settings& settings);

// One TLS session over a socket that never blocks, from its handshake to its end. One thread.
class Tls {
 public:
  // A server's side, or a client's that wants the peer to be `name`: a host's name or an address;
  // empty where it may be anybody.
  Tls(ssl_ctx_st& context, int socket);
  Tls(ssl_ctx_st& context, int socket, const std::string& name);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  enum class Step { done, wants_read, wants_write, failed };
  Step handshake();
  std::string problem() const { return problem_; }  // after a failure

  // As much as has come, up to `room`. An end without the peer's farewell is a reset: something
  // may have been cut off.
  struct Got {
    std::size_t bytes = 0;  // 0 where there is none, for this reason:
    enum class Why { blocked, ended, reset } why = Why::blocked;
  };
  Got read(char* into, std::size_t room);
  bool has_buffered() const;  // something has left the socket and was not read yet

  Outbox::Flushed write(Outbox& outbox);
  void say_farewell();  // nothing is written after it

 private:
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  std::string problem_;
  bool is_established_ = false, has_failed_ = false;
};

}  // namespace sweetspot::proxy
