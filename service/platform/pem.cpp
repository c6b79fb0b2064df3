#include "service/platform/pem.hpp"

#include "service/platform/files.hpp"

namespace sweetspot::platform {

std::string judge_pem(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return path + ": " + text.error;
  return (*text).find("-----BEGIN ") == std::string::npos ? path + ": holds no PEM" : "";
}

}  // namespace sweetspot::platform
