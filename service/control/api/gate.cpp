#include "service/control/api/gate.hpp"

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>

namespace sweetspot::control {
namespace {

constexpr unsigned certificate_refresh_seconds = 10;
constexpr double calls_a_second = 1000, burst_of_calls = 2000;
constexpr std::string_view bearer = "Bearer ";

std::string_view view(const grpc::string_ref& text) { return {text.data(), text.size()}; }

}  // namespace

Gate::Gate(AccessSettings settings)
    : settings_(std::move(settings)),
      budget_(calls_a_second, burst_of_calls, std::chrono::steady_clock::now()) {
  if (!settings_.tokens.empty()) tokens_ = std::make_unique<TokenFile>(settings_.tokens);
}

Gate::Caller Gate::admit(const grpc::ServerContextBase& context, Role needed) {
  if (!budget_.take(std::chrono::steady_clock::now()))
    return {{grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls: try again in a second"}, {}};
  if (!settings_.asks_for_identity()) return {grpc::Status::OK, context.peer()};
  const auto identity = identify(context);
  if (!identity)
    return {{grpc::StatusCode::UNAUTHENTICATED,
             "who calls? allowed: a certificate or a bearer token that is known here"},
            {}};
  if (needed == Role::operator_ && identity->role != Role::operator_)
    return {{grpc::StatusCode::PERMISSION_DENIED, identity->name + " may ask, but give no orders"},
            {}};
  return {grpc::Status::OK, identity->name};
}

// A token decides, where one is sent; else the certificate.
std::optional<Identity> Gate::identify(const grpc::ServerContextBase& context) {
  const auto sent = context.client_metadata().find("authorization");
  if (tokens_ && sent != context.client_metadata().end()) {
    const auto value = view(sent->second);
    if (!value.starts_with(bearer)) return {};
    return tokens_->identify(value.substr(bearer.size()), std::chrono::system_clock::now());
  }
  const auto peer = context.auth_context();
  if (settings_.client_ca.empty() || !peer || !peer->IsPeerAuthenticated()) return {};
  const auto names = peer->FindPropertyValues("x509_common_name");
  if (names.empty()) return {};
  const std::string name(view(names.front()));
  const auto& operators = settings_.operators;
  const bool may_order = std::find(operators.begin(), operators.end(), name) != operators.end();
  return Identity{name, may_order ? Role::operator_ : Role::reader};
}

std::shared_ptr<grpc::ServerCredentials> Gate::credentials() const {
  if (!settings_.has_tls()) return grpc::InsecureServerCredentials();
  using namespace grpc::experimental;
  TlsServerCredentialsOptions options(
      settings_.client_ca.empty()
          ? std::make_shared<FileWatcherCertificateProvider>(settings_.key, settings_.certificate,
                                                             certificate_refresh_seconds)
          : std::make_shared<FileWatcherCertificateProvider>(settings_.key, settings_.certificate,
                                                             settings_.client_ca,
                                                             certificate_refresh_seconds));
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  if (!settings_.client_ca.empty()) {
    options.watch_root_certs();
    // With tokens as well, a certificate is checked where one is shown.
    options.set_cert_request_type(settings_.tokens.empty()
                                      ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                      : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return TlsServerCredentials(options);
}

}  // namespace sweetspot::control
