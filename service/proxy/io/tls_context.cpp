// TLS as the files say it is: modern versions and ciphers only, the rest of what there is to choose
// is the peers'.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstring>
#include <ctime>
#include <string_view>

#include "service/platform/files.hpp"
#include "service/proxy/io/tls.hpp"

namespace sweetspot::proxy {

namespace {

using Context = std::shared_ptr<SSL_CTX>;

// Forward secrecy and authenticated encryption; TLS 1.3 has nothing else.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr std::string_view http_1_1("\x08http/1.1", 9);

// Of the file that a key names. The first error is the cause, what follows are its consequences.
std::string wrong(const std::string& key, const std::string& file) {
  const unsigned long code = ::ERR_peek_error();
  ::ERR_clear_error();
  const char* text = ::ERR_reason_error_string(code);
  if (ERR_SYSTEM_ERROR(code)) text = std::strerror(ERR_GET_REASON(code));
  const bool is_no_pem =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  const bool is_no_key =
      ERR_GET_LIB(code) == ERR_LIB_OSSL_DECODER && ERR_GET_REASON(code) == ERR_R_UNSUPPORTED;
  if (is_no_pem || is_no_key) text = "holds nothing of that kind as PEM";
  return key + ": " + file + ": " + (text != nullptr ? text : "not what it should be");
}

// Of what a client offers, we speak HTTP/1.1. Whoever offers other things only is told so.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int result =
      ::SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(http_1_1.data()),
                              static_cast<unsigned int>(http_1_1.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Context make(const SSL_METHOD* method) {
  Context context(::SSL_CTX_new(method), &::SSL_CTX_free);
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_cipher_list(context.get(), ciphers);
  ::SSL_CTX_set1_groups_list(context.get(), groups);
  // An idle connection keeps no buffers; a read takes all that has come in one call; what could
  // not be written may have moved by the time it is tried again.
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_read_ahead(context.get(), 1);
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need none
  return context;
}

// OpenSSL reads for as long as there is something.
std::string judge(const std::string& key, const std::string& file) {
  constexpr std::size_t largest_bundle = 16 * 1024 * 1024;
  const auto problem = platform::judge_file(file, largest_bundle);
  return problem.empty() ? "" : key + ": " + file + ": " + problem;
}

// Empty where it worked.
std::string use_certificate(SSL_CTX* context, const std::string& section,
                            const std::string& certificate, const std::string& key) {
  if (auto problem = judge(section + ".certificate", certificate); !problem.empty()) return problem;
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return wrong(section + ".certificate", certificate);
  const std::string& key_file = key.empty() ? certificate : key;
  if (auto problem = judge(section + ".key", key_file); !problem.empty()) return problem;
  if (::SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(::ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
      return section + ".key: " + key_file + ": not the key of " + certificate;
    return wrong(section + ".key", key_file);
  }
  return {};
}

std::string trust(SSL_CTX* context, const std::string& key, const std::string& authorities) {
  if (auto problem = judge(key, authorities); !problem.empty()) return problem;
  if (::SSL_CTX_load_verify_file(context, authorities.c_str()) != 1) return wrong(key, authorities);
  return {};
}

std::int64_t expiry_of(SSL_CTX* context) {
  std::tm time{};
  const X509* certificate = ::SSL_CTX_get0_certificate(context);
  if (certificate == nullptr || ::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &time) != 1)
    return 0;
  return ::timegm(&time);
}

std::string make_downstream(const TlsSettings& settings, TlsContexts& contexts) {
  const Context context = make(::TLS_server_method());
  if (auto error = use_certificate(context.get(), "tls", settings.certificate, settings.key);
      !error.empty())
    return error;
  ::SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  if (!settings.client_ca.empty()) {
    if (auto error = trust(context.get(), "tls.client_ca", settings.client_ca); !error.empty())
      return error;
    ::SSL_CTX_set_client_CA_list(context.get(),
                                 ::SSL_load_client_CA_file(settings.client_ca.c_str()));
    ::SSL_CTX_set_verify(
        context.get(),
        SSL_VERIFY_PEER | (settings.client_is_optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
        nullptr);
    // A resumed session must have been verified by these rules.
    constexpr std::string_view id("sweetspot");
    ::SSL_CTX_set_session_id_context(context.get(),
                                     reinterpret_cast<const unsigned char*>(id.data()),
                                     static_cast<unsigned int>(id.size()));
  }
  contexts.expires = expiry_of(context.get());
  contexts.downstream = context;
  return {};
}

std::string make_upstream(const UpstreamTlsSettings& settings, TlsContexts& contexts) {
  const Context context = make(::TLS_client_method());
  if (settings.verify) {
    ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (settings.ca.empty()) {
      ::SSL_CTX_set_default_verify_paths(context.get());
    } else if (auto error = trust(context.get(), "upstream_tls.ca", settings.ca); !error.empty()) {
      return error;
    }
  }
  if (!settings.certificate.empty())
    if (auto error =
            use_certificate(context.get(), "upstream_tls", settings.certificate, settings.key);
        !error.empty())
      return error;
  ::SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(http_1_1.data()),
                            static_cast<unsigned int>(http_1_1.size()));
  contexts.upstream = context;
  return {};
}

}  // namespace

TlsContexts load_tls(const Settings& settings) {
  TlsContexts contexts;
  ::ERR_clear_error();
  if (!settings.tls.certificate.empty()) contexts.error = make_downstream(settings.tls, contexts);
  if (contexts.error.empty() && settings.upstream_tls.enabled)
    contexts.error = make_upstream(settings.upstream_tls, contexts);
  return contexts;
}

}  // namespace sweetspot::proxy
