#include "service/proxy/io/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace sweetspot::proxy {

namespace {

constexpr std::size_t record_size = 16 * 1024;  // the most that one record carries

std::string last_error() {
  std::string text;
  while (const unsigned long code = ::ERR_get_error()) {
    const char* reason = ::ERR_reason_error_string(code);
    if (text.empty() && reason != nullptr) text = reason;
  }
  return text.empty() ? "the connection ended" : text;
}

bool is_address(const std::string& name) {
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&::ASN1_OCTET_STRING_free)> address(
      ::a2i_IPADDRESS(name.c_str()), &::ASN1_OCTET_STRING_free);
  return address != nullptr;
}

}  // namespace

Tls::Tls(ssl_ctx_st& context, int socket) : ssl_(::SSL_new(&context), &::SSL_free) {
  if (!ssl_ || ::SSL_set_fd(ssl_.get(), socket) != 1) throw std::runtime_error("SSL_new failed");
  ::SSL_set_accept_state(ssl_.get());
}

Tls::Tls(ssl_ctx_st& context, int socket, const std::string& name) : Tls(context, socket) {
  ::SSL_set_connect_state(ssl_.get());
  if (name.empty()) return;
  if (is_address(name)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), name.c_str());
  } else {
    ::SSL_set1_host(ssl_.get(), name.c_str());
    ::SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  }
}

Tls::~Tls() = default;

Tls::Step Tls::handshake() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_.get());
  if (result == 1) {
    is_established_ = true;
    return Step::done;
  }
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    default:
      break;
  }
  has_failed_ = true;
  const long verified = ::SSL_get_verify_result(ssl_.get());
  problem_ = last_error();
  if (verified != X509_V_OK)
    problem_ += std::string(": ") + ::X509_verify_cert_error_string(verified);
  return Step::failed;
}

Tls::Got Tls::read(char* into, std::size_t room) {
  Got got;
  do {
    ::ERR_clear_error();
    std::size_t bytes = 0;
    const int result = ::SSL_read_ex(ssl_.get(), into + got.bytes, room - got.bytes, &bytes);
    got.bytes += bytes;
    if (result == 1) continue;
    if (got.bytes > 0) break;  // the next read will tell
    const int why = ::SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ) break;
    got.why = why == SSL_ERROR_ZERO_RETURN ? Got::Why::ended : Got::Why::reset;
    has_failed_ = got.why == Got::Why::reset;
    break;
  } while (got.bytes < room && has_buffered());
  return got;
}

bool Tls::has_buffered() const { return ::SSL_has_pending(ssl_.get()) == 1; }

Outbox::Flushed Tls::write(Outbox& outbox) {
  std::array<char, record_size> record;
  while (!outbox.empty()) {
    ::ERR_clear_error();
    const std::string_view piece = outbox.front(record);
    std::size_t written = 0;
    const int result = ::SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &written);
    if (result == 1) {
      outbox.drop(written);
      continue;
    }
    if (::SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE)
      return Outbox::Flushed::blocked;
    has_failed_ = true;
    return Outbox::Flushed::failed;
  }
  return Outbox::Flushed::all;
}

void Tls::say_farewell() {
  if (!is_established_ || has_failed_) return;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_.get());
}

}  // namespace sweetspot::proxy
