#include "loadgen/text/user_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "service/platform/files.hpp"

namespace sweetspot::loadgen {
namespace {

std::string write(const std::string& name, const char* mode, const std::string& text) {
  const auto why = [&name] {
    return "cannot write the file \"" + name + "\": " + std::strerror(errno);
  };
  std::FILE* file = std::fopen(name.c_str(), mode);
  if (file == nullptr) return why();
  std::string wrong;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) wrong = why();
  if (std::fclose(file) != 0 && wrong.empty()) wrong = why();
  return wrong;
}

}  // namespace

platform::Parsed<std::string> content_of(const std::string& name) {
  auto content = platform::read_stream(name, 256 * platform::largest_file);
  if (!content) content.error = "\"" + name + "\" " + content.error;
  return content;
}

std::string write_file(const std::string& name, const std::string& text) {
  return write(name, "we", text);
}

std::string try_file(const std::string& name) { return write(name, "ae", ""); }

}  // namespace sweetspot::loadgen
