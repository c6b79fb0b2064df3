#include "loadgen/text/user_file.hpp"

#include "service/platform/files.hpp"

namespace sweetspot::loadgen {

platform::Parsed<std::string> content_of(const std::string& name) {
  auto content = platform::read_stream(name, 256 * platform::largest_file);
  if (!content) content.error = "\"" + name + "\" " + content.error;
  return content;
}

}  // namespace sweetspot::loadgen
