#include "service/platform/pem.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace sweetspot::platform {

std::string judge_pem(const std::string& path) {
  std::ifstream file(path);
  if (!file) return path + ": cannot be read: " + std::strerror(errno);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find("-----BEGIN ") == std::string::npos ? path + ": holds no PEM" : "";
}

}  // namespace sweetspot::platform
