#include "service/config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "service/config/keys.hpp"
#include "service/platform/files.hpp"

namespace sweetspot::config {
namespace {

std::string shape_of(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  return node.Scalar();
}

// The names one level below a path, as the documentation orders them: for `queue` size, timeout.
std::string names_below(const std::string& path) {
  std::set<std::string> seen;
  std::string names;
  for (const Key& key : keys()) {
    const std::string prefix = path.empty() ? "" : path + ".";
    if (!key.name.starts_with(prefix)) continue;
    const std::string rest = key.name.substr(prefix.size());
    const std::string name = rest.substr(0, rest.find('.'));
    if (seen.insert(name).second) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

// Walks the document and collects what it says.
class Walk {
 public:
  Walk(std::string file, Source& source) : file_(std::move(file)), source_(source) {}

  void map(const YAML::Node& node, const std::string& path) {
    for (const auto& item : node) {
      const std::string name = item.first.IsScalar() ? item.first.Scalar() : shape_of(item.first);
      member(item.first, item.second, path.empty() ? name : path + "." + name, path);
    }
  }

  void fail(const YAML::Mark& mark, const std::string& key, const std::string& found,
            const std::string& allowed) {
    source_.errors.push_back(describe_error(at(mark), key, found, allowed));
  }

 private:
  void member(const YAML::Node& name, const YAML::Node& value, const std::string& path,
              const std::string& parent) {
    if (!seen_.insert(path).second)
      return fail(name.Mark(), path, "it a second time", "each key once");
    if (const Key* key = find_key(path)) return leaf(*key, name, value);
    const std::string below = names_below(path);
    if (below.empty()) return fail(name.Mark(), path, "an unknown key", names_below(parent));
    if (!value.IsMap()) return fail(name.Mark(), path, shape_of(value), "a map of " + below);
    map(value, path);
  }

  void leaf(const Key& key, const YAML::Node& name, const YAML::Node& value) {
    const bool list = key.list && value.IsSequence();
    if (!value.IsScalar() && !list)
      return fail(name.Mark(), key.name, shape_of(value), key.allowed);
    Entry entry{key.name, {}, at(value.Mark()), {}};
    if (!list) entry.values.push_back(value.Scalar());
    for (const auto& item : value) {
      if (!item.IsScalar()) return fail(item.Mark(), key.name, shape_of(item), key.allowed);
      entry.values.push_back(item.Scalar());
      entry.places.push_back(at(item.Mark()));
    }
    source_.entries.push_back(std::move(entry));
  }

  std::string at(const YAML::Mark& mark) const {
    return file_ + ":" + std::to_string(mark.line + 1);
  }

  std::string file_;
  Source& source_;
  std::set<std::string> seen_;
};

// Looks for where documents begin, and at nothing else.
class Beginnings final : public YAML::EventHandler {
 public:
  std::vector<YAML::Mark> marks;

 private:
  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Where the second document begins. No more are looked for: there is text in which the library
// finds one after the other and never comes to its end.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Beginnings beginnings;
  if (!parser.HandleNextDocument(beginnings) || !parser.HandleNextDocument(beginnings)) return {};
  return beginnings.marks.empty() ? YAML::Mark() : beginnings.marks.back();
}

}  // namespace

Source read_yaml(const std::string& path, Reading reading) {
  const auto text =
      reading == Reading::first ? platform::read_stream(path) : platform::read_file(path);
  if (text) return parse_yaml(path, *text);
  Source source;
  source.errors.push_back(path + ": " + text.error);
  return source;
}

Source parse_yaml(const std::string& name, const std::string& text) {
  Source source;
  Walk walk(name, source);
  try {
    if (const auto second = second_document(text)) {
      walk.fail(*second, "document", "a second one", "one document a file");
      return source;
    }
    const YAML::Node document = YAML::Load(text);
    if (document.IsMap())
      walk.map(document, "");
    else if (!document.IsNull())
      walk.fail(document.Mark(), "document", shape_of(document), "a map of " + names_below(""));
  } catch (const YAML::Exception& error) {
    walk.fail(error.mark, "syntax", error.msg, "YAML");
  }
  return source;
}

}  // namespace sweetspot::config
