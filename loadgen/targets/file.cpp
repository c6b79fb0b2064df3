#include "loadgen/targets/file.hpp"

#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "loadgen/text/format.hpp"
#include "loadgen/text/user_file.hpp"

namespace sweetspot::loadgen {
namespace {

using nlohmann::json;

// What is wrong with a line.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string content_or_throw(const std::string& file) {
  auto content = content_of(file);
  if (!content) throw Wrong(content.error);
  return std::move(*content.value);
}

double weight_of(double weight) {
  if (weight > 0 && weight <= 1e9) return weight;
  throw Wrong(format("the weight %g is not valid; allowed is a number above 0", weight));
}

const std::string& text_of(const std::string& key, const json& value) {
  if (!value.is_string()) throw Wrong("the key \"" + key + "\" is no text");
  return value.get_ref<const std::string&>();
}

void set(TargetLine& target, const std::string& key, const json& value,
         const ContentOf& content_of) {
  if (key == "url") {
    target.url = text_of(key, value);
  } else if (key == "method") {
    target.method = text_of(key, value);
  } else if (key == "body") {
    target.body = text_of(key, value);
  } else if (key == "body_file") {
    target.body = content_of(text_of(key, value));
  } else if (key == "weight") {
    if (!value.is_number()) throw Wrong("the key \"weight\" is no number");
    target.weight = weight_of(value.get<double>());
  } else if (key == "headers") {
    if (!value.is_array()) throw Wrong("the key \"headers\" is no list of \"Name: value\"");
    for (const json& each : value) target.headers.push_back(text_of(key, each));
  } else {
    throw Wrong("the key \"" + key +
                "\" is unknown; allowed are url, weight, method, headers, body, body_file");
  }
}

TargetLine of_json(const std::string& line, const ContentOf& content_of) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) throw Wrong("it is not a JSON object");
  if (object.contains("body") && object.contains("body_file")) {
    throw Wrong("it has both \"body\" and \"body_file\"");
  }
  TargetLine target;
  for (const auto& [key, value] : object.items()) set(target, key, value, content_of);
  if (target.url.empty()) throw Wrong("the key \"url\" is missing");
  return target;
}

TargetLine of_words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
  TargetLine target;
  const auto drop_first = [&words] { words.erase(words.begin()); };
  double weight = 0;
  const std::string& first = words.front();
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), weight);
  if (words.size() > 1 && error == std::errc() && end == first.data() + first.size()) {
    target.weight = weight_of(weight);
    drop_first();
  }
  if (words.size() > 1) {
    target.method = words.front();
    drop_first();
  }
  if (words.size() != 1) throw Wrong("it has too many words; allowed is [WEIGHT] [METHOD] URL");
  target.url = words.front();
  return target;
}

}  // namespace

platform::Parsed<std::vector<TargetLine>> parse_targets(const std::string& content,
                                                        const std::string& file,
                                                        const ContentOf& content_of) {
  int number = 0;
  try {
    std::istringstream in(content);
    std::vector<TargetLine> targets;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.ends_with('\r')) line.pop_back();
      const auto start = line.find_first_not_of(" \t\v\f\r");
      if (start == std::string::npos || line[start] == '#') continue;
      targets.push_back(line[start] == '{' ? of_json(line, content_of) : of_words(line));
    }
    if (targets.empty()) throw Wrong("there is no target in it");
    return {std::move(targets), {}};
  } catch (const Wrong& wrong) {
    return {{}, format("%s, line %d: %s", file.c_str(), number, wrong.what())};
  }
}

platform::Parsed<std::vector<TargetLine>> read_targets(const std::string& file) {
  try {
    return parse_targets(content_or_throw(file), file, content_or_throw);
  } catch (const Wrong& wrong) {
    return {{}, wrong.what()};
  }
}

}  // namespace sweetspot::loadgen
