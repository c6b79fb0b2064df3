#include "loadgen/engine/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "service/platform/files.hpp"

namespace sweetspot::engine {
namespace {

constexpr std::size_t largest_bundle = 16 * 1024 * 1024;

// The last thing that OpenSSL complained of on this thread.
std::string complaint() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown error";
}

bool is_address(const std::string& name) {
  unsigned char address[16];
  return ::inet_pton(AF_INET, name.c_str(), address) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), address) == 1;
}

}  // namespace

TlsContext::TlsContext(bool verifies) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(context_, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_read_ahead(context_, 1);  // a record in one read, not head and body apart
  constexpr unsigned char protocol[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_, protocol, sizeof protocol - 1);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

platform::Parsed<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsOptions& options) {
  const std::shared_ptr<TlsContext> made(new TlsContext(options.verifies));
  if (auto wrong = made->load(options); !wrong.empty()) return {{}, std::move(wrong)};
  return {made, {}};
}

std::string TlsContext::load(const TlsOptions& options) {
  const auto wrong = [](const std::string& file, const char* kind) {
    return "\"" + file + "\" holds no " + kind + " (PEM): " + complaint();
  };
  for (const std::string& file : {options.ca, options.certificate, options.key}) {
    const auto problem = file.empty() ? "" : platform::judge_file(file, largest_bundle);
    if (!problem.empty()) return "\"" + file + "\" " + problem;
  }
  if (options.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context_);
  } else if (SSL_CTX_load_verify_file(context_, options.ca.c_str()) != 1) {
    return wrong(options.ca, "certificate");
  }
  if (options.certificate.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1) {
    return wrong(options.certificate, "certificate");
  }
  const std::string& key = options.key.empty() ? options.certificate : options.key;
  if (SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return wrong(key, "private key that fits the certificate");
  }
  return {};
}

TlsSession::TlsSession(const TlsContext& context, int socket, const std::string& name)
    : session_(SSL_new(context.context_)) {
  SSL_set_fd(session_, socket);
  SSL_set_connect_state(session_);
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_), name.c_str());
  } else {
    SSL_set_tlsext_host_name(session_, name.c_str());
    SSL_set1_host(session_, name.c_str());
  }
}

TlsSession::~TlsSession() {
  if (established_ && cause_.empty()) SSL_shutdown(session_);
  ERR_clear_error();
  SSL_free(session_);
}

TlsSession::Step TlsSession::shake_hands() {
  const Step step = step_of(SSL_do_handshake(session_));
  established_ = step == Step::done;
  return step;
}

TlsSession::Step TlsSession::write(const char* bytes, std::size_t size) {
  std::size_t sent = 0;
  return step_of(SSL_write_ex(session_, bytes, size, &sent));
}

TlsSession::Step TlsSession::read(char* bytes, std::size_t size, std::size_t& received) {
  return step_of(SSL_read_ex(session_, bytes, size, &received));
}

TlsSession::Step TlsSession::step_of(int result) {
  if (result == 1) return Step::done;
  const int system = errno;
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return Step::closed;
    case SSL_ERROR_SYSCALL:
      cause_ = system != 0 ? std::strerror(system) : "the connection ended";
      break;
    default: {
      cause_ = complaint();
      const long verdict = SSL_get_verify_result(session_);
      if (!established_ && verdict != X509_V_OK) {
        cause_ += std::string(": ") + X509_verify_cert_error_string(verdict);
      }
    }
  }
  ERR_clear_error();
  return Step::failed;
}

}  // namespace sweetspot::engine
