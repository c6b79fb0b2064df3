#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::control {

// Who may use the control API. All paths may be empty: not configured.
struct AccessSettings {
  std::string certificate{}, key{};      // PEM: the API's own, for TLS
  std::string client_ca{};               // PEM: whose client certificates are accepted
  std::vector<std::string> operators{};  // common names of those that may give orders
  std::string tokens{};                  // a file of bearer tokens

  bool has_tls() const { return !certificate.empty(); }
  bool asks_for_identity() const { return !client_ca.empty() || !tokens.empty(); }
};

enum class Role {
  reader,    // may ask
  operator_  // may ask and give orders
};

struct Identity {
  std::string name;
  Role role = Role::reader;
};

// Whether a bind to `host` reaches no further than this machine.
bool is_local(std::string_view host);

// What would be allowed instead, and the keys that are to blame, where these settings are unsafe or
// incomplete for a bind to `host`; empty where they are good.
struct AccessProblem {
  std::vector<std::string> keys;
  std::string allowed;
};
AccessProblem judge_access(const AccessSettings& settings, std::string_view host);

// What is wrong with the files that they name, as they are now, with the key; empty for nothing.
std::string judge_files(const AccessSettings& settings);

using WallTime = std::chrono::system_clock::time_point;

struct Token {
  Identity identity;
  std::string secret;
  std::optional<WallTime> expires;
};

// A token file's text: a token a line, `NAME reader|operator TOKEN [2026-12-31T23:59:59Z]`, blank
// lines and comments from # on. Nothing and a sentence where a line is none of these.
struct Tokens {
  std::vector<Token> tokens;
  std::string error;
};
Tokens parse_tokens(std::string_view text);

// Looks at every token, and at every byte of each: the time tells nothing about the secrets.
std::optional<Identity> identify(const std::vector<Token>& tokens, std::string_view secret,
                                 WallTime now);

// The tokens of a file that may change at any time: what is in it counts from the next call on.
// A file that cannot be read, or is wrong, lets nobody in. Any thread.
class TokenFile {
 public:
  explicit TokenFile(std::string path);
  ~TokenFile();
  std::string error();  // of the file as it is now
  std::optional<Identity> identify(std::string_view secret, WallTime now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
