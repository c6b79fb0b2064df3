#include "loadgen/engine/profile.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::engine {
namespace {

double area(const Profile::Piece& piece) {
  return (piece.from + piece.to) / 2 * tuner::seconds(piece.length);
}

// How far into the piece its integral is `count`: the root of from*t + slope*t^2/2 = count, in the
// form that loses no digits where the slope is small.
double seconds_into(const Profile::Piece& piece, double count) {
  const double length = tuner::seconds(piece.length);
  const double slope = length > 0 ? (piece.to - piece.from) / length : 0;
  const double root = std::sqrt(std::max(0.0, piece.from * piece.from + 2 * slope * count));
  return piece.from + root > 0 ? 2 * count / (piece.from + root) : 0;
}

}  // namespace

Profile::Profile(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  if (!pieces_.empty()) last_ = pieces_.back().to;
}

double Profile::at(Duration elapsed) const {
  for (const Piece& piece : pieces_) {
    if (elapsed < piece.length) {
      return piece.from +
             (piece.to - piece.from) * tuner::seconds(elapsed) / tuner::seconds(piece.length);
    }
    elapsed -= piece.length;
  }
  return last_;
}

double Profile::most() const {
  double most = last_;
  for (const Piece& piece : pieces_) most = std::max({most, piece.from, piece.to});
  return most;
}

Duration Profile::length() const {
  Duration sum{};
  for (const Piece& piece : pieces_) sum += piece.length;
  return sum;
}

Profile Profile::operator*(double factor) const {
  Profile scaled(last_ * factor);
  for (const Piece& piece : pieces_) {
    scaled.pieces_.push_back({piece.length, piece.from * factor, piece.to * factor});
  }
  return scaled;
}

Duration Profile::time_of(double count) {
  for (; piece_ < pieces_.size(); ++piece_) {
    const Piece& piece = pieces_[piece_];
    const double whole = area(piece);
    if (count < counted_ + whole) {
      return start_ + tuner::from_seconds(seconds_into(piece, count - counted_));
    }
    counted_ += whole;
    start_ += piece.length;
  }
  if (last_ <= 0) return Duration::max();
  return start_ + tuner::from_seconds((count - counted_) / last_);
}

}  // namespace sweetspot::engine
