#include "service/ctl/connection_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "service/platform/files.hpp"

namespace sweetspot::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> keys{"address", "token_file",  "ca",     "certificate",
                                               "key",     "server_name", "timeout"};
constexpr std::array<std::string_view, 4> paths{"token_file", "ca", "certificate", "key"};

template <class List>
bool contains(const List& list, const std::string& key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

std::string all_keys() {
  std::string text;
  for (const auto key : keys) text += (text.empty() ? "" : ", ") + std::string(key);
  return text;
}

ConnectionFile failure(const std::string& path, const YAML::Mark& mark,
                       const std::string& problem) {
  return {{}, path + ":" + std::to_string(mark.line + 1) + ": " + problem};
}

}  // namespace

std::string usual_connection_file() {
  const char* const config = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  if (config == nullptr && home == nullptr) return {};
  const fs::path base = config != nullptr ? fs::path(config) : fs::path(home) / ".config";
  return base / "sweetspot" / "connection.yaml";
}

ConnectionFile read_connection_file(const std::string& path) {
  ConnectionFile file;
  try {
    const auto text = platform::read_stream(path);
    if (!text) return {{}, path + ": " + text.error};
    const YAML::Node document = YAML::Load(*text);
    if (document.IsNull()) return file;
    if (!document.IsMap()) return failure(path, document.Mark(), "allowed: a map of " + all_keys());
    for (const auto& item : document) {
      const std::string key = item.first.IsScalar() ? item.first.Scalar() : "";
      const YAML::Mark mark = item.first.Mark();
      if (!contains(keys, key))
        return failure(path, mark, "found the key " + key + ", allowed: " + all_keys());
      if (!item.second.IsScalar()) return failure(path, mark, key + ": allowed: a text");
      std::string value = item.second.Scalar();
      if (contains(paths, key)) value = fs::path(path).parent_path() / value;  // absolute ones stay
      file.entries.push_back({key, value, path + ":" + std::to_string(mark.line + 1)});
    }
  } catch (const YAML::Exception& error) {
    return failure(path, error.mark, error.msg);
  }
  return file;
}

}  // namespace sweetspot::ctl
