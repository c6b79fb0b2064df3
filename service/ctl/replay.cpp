#include "service/ctl/replay.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sstream>
#include <vector>

#include "service/platform/files.hpp"
#include "service/platform/printable.hpp"
#include "tuner/replay.hpp"

namespace sweetspot::ctl {
namespace {

constexpr auto any_size = std::numeric_limits<std::size_t>::max();

struct Pieces {
  std::stringstream lines;  // of all, oldest first
  tuner::TimePoint began{};
  std::string error;
};

std::optional<tuner::PieceOfRecording> piece_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return tuner::piece_of_recording(line);
}

// FILE is the newest; FILE.1 is the one before it, as long as they are of one recording.
Pieces read_pieces(const std::string& path) {
  Pieces pieces;
  const auto problem = platform::judge_file(path, any_size);
  if (!problem.empty()) {
    pieces.error = path + ": " + problem;
    return pieces;
  }
  std::vector<std::string> paths{path};
  auto newest = piece_of(path);
  for (int number = 1; newest && newest->piece > 1; ++number) {
    const std::string older = path + "." + std::to_string(number);
    const auto found = piece_of(older);
    if (!found || found->began != newest->began || found->piece != newest->piece - 1) break;
    newest = found;
    paths.push_back(older);
  }
  if (newest) pieces.began = newest->began;
  for (auto each = paths.rbegin(); each != paths.rend(); ++each) {
    std::ifstream file(*each);
    if (file.peek() != std::ifstream::traits_type::eof()) pieces.lines << file.rdbuf();
  }
  return pieces;
}

// Prints verdicts as they come.
class Printer {
 public:
  Printer(const ReplayOptions& options, tuner::TimePoint began, std::ostream& out)
      : json_(options.json),
        objective_(tuner::objective_from(options.objective)),
        began_(began),
        out_(out) {}

  void print(const tuner::Verdict& verdict) {
    const auto opinion = objective_ ? tuner::second_opinion(verdict, *objective_) : std::nullopt;
    json_ ? print_json(verdict, opinion) : print_text(verdict, opinion);
  }

 private:
  using Opinion = std::optional<tuner::SecondOpinion>;

  void print_text(const tuner::Verdict& verdict, const Opinion& opinion) {
    std::array<char, 48> begin;
    std::snprintf(begin.data(), begin.size(), "%10.3f s  %-18s ",
                  tuner::seconds(verdict.at - began_),
                  std::string(to_string(verdict.reason)).c_str());
    out_ << begin.data() << verdict.sentence << "\n";
    if (opinion) out_ << std::string(33, ' ') << opinion->sentence << "\n";
  }

  void print_json(const tuner::Verdict& verdict, const Opinion& opinion) {
    nlohmann::ordered_json line{{"at_s", tuner::seconds(verdict.at - began_)},
                                {"sequence", verdict.sequence},
                                {"from", verdict.from},
                                {"to", verdict.to},
                                {"reason", to_string(verdict.reason)},
                                {"sentence", verdict.sentence}};
    if (opinion)
      line["second_opinion"] = {{"objective", to_string(*objective_)},
                                {"prefers_larger", opinion->larger},
                                {"e_star", opinion->e_star},
                                {"z", opinion->z},
                                {"sentence", opinion->sentence}};
    out_ << line.dump() << "\n";
  }

  bool json_;
  std::optional<tuner::Objective> objective_;
  tuner::TimePoint began_;
  std::ostream& out_;
};

}  // namespace

Outcome replay_recording(const ReplayOptions& options, std::ostream& out) {
  Pieces pieces = read_pieces(options.file);
  if (!pieces.error.empty()) return {Exit::usage, pieces.error};
  Printer printer(options, pieces.began, out);
  const auto replay =
      tuner::replay(pieces.lines, [&](const tuner::Verdict& verdict) { printer.print(verdict); });
  if (replay.error) return {Exit::usage, options.file + ": " + platform::printable(*replay.error)};
  if (replay.difference)
    return {Exit::refused, "the tuner of this release decides otherwise; recorded was: " +
                               platform::printable(*replay.difference)};
  if (options.json) return {};
  const std::string count = std::to_string(replay.verdicts) + " verdicts";
  out << count
      << (replay.is_whole ? ", the same as recorded\n"
                          : " as recorded: the begin of this recording is gone, so they cannot be "
                            "replayed\n");
  return {};
}

}  // namespace sweetspot::ctl
