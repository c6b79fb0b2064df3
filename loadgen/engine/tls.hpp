#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "service/platform/units.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace sweetspot::engine {

// How servers are trusted, and who calls. Files are PEM.
struct TlsOptions {
  std::string ca;                // what has signed the servers' certificates; empty: the system's
  std::string certificate, key;  // the caller's own; empty: none
  bool verifies = true;          // the servers' certificates and their names
};

// What all TLS connections of a run share. Constant, so any thread may use it.
class TlsContext {
 public:
  static platform::Parsed<std::shared_ptr<const TlsContext>> make(const TlsOptions& options);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  explicit TlsContext(bool verifies);
  std::string load(const TlsOptions& options);  // what is wrong, else empty

  ssl_ctx_st* context_;
};

// One TLS connection over a socket that does not block. Its owner waits for what a step wants and
// then takes the same step again. OpenSSL writes to the socket without care for SIGPIPE: the thread
// has to hold it back.
class TlsSession {
 public:
  enum class Step { done, wants_read, wants_write, closed, failed };

  // `name` is sent to the server, and its certificate has to be for it.
  TlsSession(const TlsContext& context, int socket, const std::string& name);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step shake_hands();
  Step write(const char* bytes, std::size_t size);                  // all of it
  Step read(char* bytes, std::size_t size, std::size_t& received);  // some
  const std::string& cause() const { return cause_; }               // once a step failed

 private:
  Step step_of(int result);

  ssl_st* session_;
  bool established_ = false;
  std::string cause_;
};

}  // namespace sweetspot::engine
