#include "service/injector/wishes.hpp"

#include <algorithm>
#include <array>

#include "service/config/keys.hpp"
#include "service/config/load.hpp"

namespace sweetspot::injector {
namespace {

// Keys that follow from the pod and the template, the pod's grace period among them.
constexpr std::array settled{"listen",     "upstream",    "admin",      "control",
                             "state.file", "drain.delay", "drain.grace"};

// Read from a file that only the pod has.
bool is_of_the_pod(std::string_view key) { return key == "operator.token_file"; }

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (auto part = trimmed(text.substr(0, end)); !part.empty()) parts.push_back(std::move(part));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

class Reader {
 public:
  Reader(const Json& annotations, Wishes& wishes) : annotations_(annotations), wishes_(wishes) {}

  const std::string* find(const std::string& name) {
    const auto found = annotations_.find(annotation_prefix + name);
    if (found == annotations_.end()) return nullptr;
    if (found->is_string()) return found->get_ptr<const std::string*>();
    fault(name, found->dump(), "a text");
    return nullptr;
  }
  void fault(const std::string& name, const std::string& found, const std::string& allowed) {
    wishes_.faults.push_back(config::describe_error("annotation " + (annotation_prefix + name),
                                                    "value", found, allowed));
  }
  // One of two words, the second of which is the default.
  void choice(const std::string& name, const std::string& word, const std::string& otherwise,
              bool& into) {
    const auto* text = find(name);
    if (!text) return;
    into = *text == word;
    if (!into && *text != otherwise) fault(name, *text, word + " or " + otherwise);
  }
  void key(const std::string& annotation, const std::string& key, std::vector<std::string> values) {
    if (!config::find_key(key)) return fault(annotation, key, "a key that this release has");
    if (std::find(settled.begin(), settled.end(), key) != settled.end())
      return fault(annotation, key, "a key that does not follow from the pod");
    wishes_.keys.push_back(
        {key, std::move(values), "annotation " + (annotation_prefix + annotation)});
    judge(wishes_.keys.back());
  }

 private:
  void judge(const config::Entry& entry) {
    config::Config scratch;
    const config::Key& key = *config::find_key(entry.key);
    std::string found;
    for (const auto& value : entry.values) found += (found.empty() ? "" : ", ") + value;
    if (!is_of_the_pod(entry.key) && !key.set(scratch, entry.values))
      wishes_.faults.push_back(config::describe_error(entry.where, key.name, found, key.allowed));
  }

  const Json& annotations_;
  Wishes& wishes_;
};

// Lines of `key: value`; the values of a list are apart by commas.
void read_config(Reader& reader, const std::string& text) {
  for (const auto& line : split(text, "\n")) {
    const auto colon = line.find(':');
    const std::string name = trimmed(line.substr(0, colon));
    if (colon == std::string::npos) {
      reader.fault("config", line, "lines of key: value");
      continue;
    }
    const config::Key* key = config::find_key(name);
    const std::string value = trimmed(line.substr(colon + 1));
    reader.key("config", name, key && key->list ? split(value, ",") : std::vector{value});
  }
}

// A container's flags: `--key=value`, or `--key` and a value a word.
std::vector<config::Entry> entries_of(const Json& sidecar) {
  std::vector<config::Entry> entries;
  for (const Json& word : sidecar.value("args", Json::array())) {
    const auto text = word.get<std::string>();
    if (!text.starts_with("--")) {
      if (!entries.empty()) entries.back().values.push_back(text);
      continue;
    }
    const auto name_end = std::min(text.find('='), text.size());
    entries.push_back({text.substr(2, name_end - 2), {}, "the sidecar's template"});
    if (name_end < text.size()) entries.back().values.push_back(text.substr(name_end + 1));
  }
  std::erase_if(entries, [](const auto& entry) {
    return is_of_the_pod(entry.key) || !config::find_key(entry.key);
  });
  return entries;
}

}  // namespace

std::string fault_of(const Json& sidecar, const Wishes& wishes) {
  auto entries = entries_of(sidecar);
  for (auto& entry : entries) {
    for (const auto& wish : wishes.keys)
      if (wish.key == entry.key) entry.where = wish.where;
  }
  config::Config config;
  const auto errors = config::apply_entries(config, entries);
  return errors.empty() ? std::string() : errors.front();
}

const std::vector<std::string>& annotation_names() {
  static const std::vector<std::string> names{
      "inject",  "upstream-port", "container", "port-env", "objective", "p99-bound",
      "classes", "rules",         "groups",    "config",   "probes",    "pre-stop"};
  return names;
}

Wishes read_wishes(const Json& annotations) {
  Wishes wishes;
  if (!annotations.is_object()) return wishes;
  Reader reader(annotations, wishes);
  if (reader.find("inject")) {
    wishes.inject = false;
    reader.choice("inject", "true", "false", *wishes.inject);
  }
  if (const auto* text = reader.find("upstream-port")) wishes.upstream_port = *text;
  if (const auto* text = reader.find("container")) wishes.container = *text;
  if (const auto* text = reader.find("port-env")) wishes.port_variable = *text;
  reader.choice("pre-stop", "keep", "wait", wishes.keeps_pre_stop);
  reader.choice("probes", "sidecar", "direct", wishes.probes_by_sidecar);
  if (const auto* text = reader.find("objective"))
    reader.key("objective", "tuner.objective", {*text});
  if (const auto* text = reader.find("p99-bound"))
    reader.key("p99-bound", "tuner.p99_bound", {*text});
  for (const auto* list : {"classes", "rules", "groups"})
    if (const auto* text = reader.find(list)) reader.key(list, list, split(*text, ";\n"));
  if (const auto* text = reader.find("config")) read_config(reader, *text);
  for (const auto& [name, value] : annotations.items()) {
    if (!name.starts_with(annotation_prefix)) continue;
    const std::string own = name.substr(std::string(annotation_prefix).size());
    const auto& known = annotation_names();
    const bool is_ours = own == "injected" || own == "restart-checksum" || own == "fleet-off";
    if (!is_ours && std::find(known.begin(), known.end(), own) == known.end())
      wishes.faults.push_back("annotation " + name + ": there is no such annotation");
  }
  return wishes;
}

}  // namespace sweetspot::injector
