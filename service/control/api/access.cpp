#include "service/control/api/access.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <mutex>
#include <sstream>
#include <utility>

#include "service/platform/files.hpp"
#include "service/platform/pem.hpp"

namespace sweetspot::control {
namespace {

constexpr std::size_t shortest_secret = 16;

// The time depends on `given` alone.
bool same_secret(std::string_view secret, std::string_view given) {
  unsigned difference = secret.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

std::optional<WallTime> time_from(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// A line's token, or what is wrong with it.
std::string take_token(const std::vector<std::string>& words, Token& token) {
  if (words.size() < 3 || words.size() > 4)
    return "found " + std::to_string(words.size()) + " words";
  token.identity.name = words[0];
  if (words[1] != "reader" && words[1] != "operator") return "found the role " + words[1];
  token.identity.role = words[1] == "operator" ? Role::operator_ : Role::reader;
  token.secret = words[2];
  if (token.secret.size() < shortest_secret) return "found a token of less than 16 characters";
  if (words.size() == 3) return {};
  token.expires = time_from(words[3]);
  return token.expires ? "" : "found the time " + words[3];
}

}  // namespace

bool is_local(std::string_view host) {
  return host.starts_with("unix:") || host.starts_with("127.") || host == "::1" ||
         host == "localhost";
}

AccessProblem judge_access(const AccessSettings& settings, std::string_view host) {
  if (settings.certificate.empty() != settings.key.empty())
    return {{"access.certificate", "access.key"}, "access.certificate and access.key together"};
  if (!settings.client_ca.empty() && !settings.has_tls())
    return {{"access.client_ca"}, "access.client_ca only with access.certificate and access.key"};
  if (!settings.operators.empty() && settings.client_ca.empty())
    return {{"access.operators"}, "access.operators only with access.client_ca"};
  if (is_local(host) || (settings.has_tls() && settings.asks_for_identity())) return {};
  return {{"control"},
          "a loopback address or a Unix socket, unless access.certificate and access.key are set, "
          "and access.client_ca or access.tokens"};
}

std::string judge_files(const AccessSettings& settings) {
  const std::pair<const char*, const std::string&> pems[] = {
      {"access.certificate: ", settings.certificate},
      {"access.key: ", settings.key},
      {"access.client_ca: ", settings.client_ca}};
  for (const auto& [key, path] : pems)
    if (!path.empty())
      if (const auto problem = platform::judge_pem(path); !problem.empty()) return key + problem;
  if (settings.tokens.empty()) return {};
  const auto problem = TokenFile(settings.tokens).error();
  return problem.empty() ? "" : "access.tokens: " + problem;
}

Tokens parse_tokens(std::string_view text) {
  Tokens result;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream fields(line.substr(0, line.find('#')));
    const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
    if (words.empty()) continue;
    Token token;
    const std::string problem = take_token(words, token);
    if (!problem.empty())
      return {{},
              "line " + std::to_string(number) + ": " + problem +
                  ", allowed: NAME reader|operator TOKEN [YYYY-MM-DDTHH:MM:SSZ]"};
    result.tokens.push_back(std::move(token));
  }
  return result;
}

std::optional<Identity> identify(const std::vector<Token>& tokens, std::string_view secret,
                                 WallTime now) {
  const Token* found = nullptr;
  for (const Token& token : tokens)
    if (same_secret(token.secret, secret)) found = &token;
  if (found == nullptr || (found->expires && now >= *found->expires)) return {};
  return found->identity;
}

struct TokenFile::Impl {
  // What tells one version of a file from the next.
  struct Version {
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t seconds = 0;
    long nanoseconds = 0;
    bool operator==(const Version&) const = default;
  };

  void refresh() {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
      version = {};
      content = {{}, std::string("cannot be read: ") + std::strerror(errno)};
      return;
    }
    const Version fresh{info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
    if (fresh == version) return;
    version = fresh;
    const auto text = platform::read_file(path);
    content = text ? parse_tokens(*text) : Tokens{{}, text.error};
  }

  std::string path;
  std::mutex mutex;
  Version version;
  Tokens content;
};

TokenFile::TokenFile(std::string path) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
}

TokenFile::~TokenFile() = default;

std::string TokenFile::error() {
  const std::lock_guard lock(impl_->mutex);
  impl_->refresh();
  return impl_->content.error.empty() ? "" : impl_->path + ": " + impl_->content.error;
}

std::optional<Identity> TokenFile::identify(std::string_view secret, WallTime now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->refresh();
  return control::identify(impl_->content.tokens, secret, now);
}

}  // namespace sweetspot::control
