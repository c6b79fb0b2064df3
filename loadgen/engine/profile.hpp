#pragma once

#include <cstddef>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::Duration;

// A load over time, in straight lines: requests a second, or clients at once. A value; pure.
class Profile {
 public:
  struct Piece {
    Duration length{};
    double from = 0, to = 0;  // >= 0
  };

  Profile(double constant) : last_(constant) {}  // NOLINT: a number is a profile
  // The pieces one after the other, then the last one's end for ever.
  explicit Profile(std::vector<Piece> pieces);

  double at(Duration elapsed) const;
  double most() const;
  Duration length() const;  // of the pieces
  Profile operator*(double factor) const;

  // When the integral reaches `count`, which must not be less than in the call before;
  // Duration::max() where it never does.
  Duration time_of(double count);

 private:
  std::vector<Piece> pieces_;
  double last_ = 0;
  // Where time_of() has come to: the first piece that was not over.
  std::size_t piece_ = 0;
  Duration start_{};    // of that piece
  double counted_ = 0;  // the integral up to there
};

}  // namespace sweetspot::engine
