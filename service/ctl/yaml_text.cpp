#include "service/ctl/yaml_text.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace sweetspot::ctl {
namespace {

using Json = nlohmann::ordered_json;

// A word that no reader of YAML takes for a number, a truth or nothing.
bool is_plain(const std::string& text) {
  constexpr std::array<std::string_view, 9> taken{"true", "false", "yes", "no", "on",
                                                  "off",  "null",  "y",   "n"};
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  if (text.empty() || !is_letter(text.front()) || !std::all_of(text.begin(), text.end(), is_part))
    return false;
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(taken.begin(), taken.end(), lower) == taken.end();
}

void emit(YAML::Emitter& out, const Json& json) {
  if (json.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, value] : json.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, value);
    }
    out << YAML::EndMap;
  } else if (json.is_array()) {
    out << (json.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& value : json) emit(out, value);
    out << YAML::EndSeq;
  } else if (json.is_string()) {
    const auto text = json.get<std::string>();
    if (is_plain(text))
      out << text;
    else
      out << YAML::DoubleQuoted << text;
  } else if (json.is_null()) {
    out << YAML::Null;
  } else {
    out << json.dump();  // a number or a truth: JSON writes them as YAML does
  }
}

}  // namespace

std::string to_yaml(const Json& json) {
  YAML::Emitter out;
  emit(out, json);
  return std::string(out.c_str()) + "\n";
}

}  // namespace sweetspot::ctl
