#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

struct Replay {
  std::optional<std::string> error{};       // names the line
  std::optional<std::string> difference{};  // the first recorded verdict that was not said again
  bool is_whole = false;  // it begins where the tuner did; else its verdicts are shown as recorded
  int verdicts = 0;
};

// Runs a recording, its pieces one after the other, through a tuner and hands over each verdict.
// One that a crash cut short ends at its last whole line.
Replay replay(std::istream& recording, const std::function<void(const Verdict&)>& take);

// Which piece of which recording begins with this line: none where it is no recording.
struct PieceOfRecording {
  int piece = 1;
  TimePoint began{};
};
std::optional<PieceOfRecording> piece_of_recording(const std::string& first_line);

// What another objective would have said of a verdict's comparison: none where there was none.
struct SecondOpinion {
  bool larger = false;  // of the two limits, the larger one is worth it
  double e_star = 0;
  double z = 0;
  std::string sentence;
};
std::optional<SecondOpinion> second_opinion(const Verdict& verdict, Objective objective);

}  // namespace sweetspot::tuner
