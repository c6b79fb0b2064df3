#include "service/control/files/decision_file.hpp"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <limits>
#include <utility>

#include "service/control/api/api_messages.hpp"
#include "service/platform/files.hpp"

namespace sweetspot::control {
namespace {

constexpr std::streamoff most_read = 1024 * 1024;  // bytes from the end of each file
constexpr auto any_size = std::numeric_limits<std::size_t>::max();

// Adds the decisions at the end of one file.
void read_file(const std::string& path, std::deque<Decision>& decisions) {
  if (!platform::judge_file(path, any_size).empty()) return;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return;
  const std::streamoff size = file.tellg();
  file.seekg(size > most_read ? size - most_read : 0);
  for (std::string line; std::getline(file, line);) {
    auto decision = from_json_line(line);
    if (!decision) continue;
    if (!decisions.empty() && decision->verdict.sequence <= decisions.back().verdict.sequence)
      continue;
    decisions.push_back(std::move(*decision));
    if (decisions.size() > DecisionLog::capacity) decisions.pop_front();
  }
}

}  // namespace

std::string to_json_line(const Decision& decision) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(to_message(decision), &line, options).ok())
    return {};
  return line + "\n";
}

std::optional<Decision> from_json_line(std::string_view line) {
  v1::Verdict message;
  // cppcheck-suppress invalidLifetime ; whose text it is outlives the call
  const google::protobuf::StringPiece text(line.data(), line.size());
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &message);
  if (!parsed.ok()) return {};
  return from_message(message);
}

DecisionFile::DecisionFile(DecisionFileSettings settings,
                           std::function<void(const std::string&)> on_problem)
    : file_(std::move(settings), "decision-file", std::move(on_problem)) {}

void DecisionFile::append(const Decision& decision) { file_.append(to_json_line(decision)); }

std::deque<Decision> DecisionFile::read_last(const std::string& path) {
  std::deque<Decision> decisions;
  read_file(rotated(path, 1), decisions);
  read_file(path, decisions);
  return decisions;
}

}  // namespace sweetspot::control
