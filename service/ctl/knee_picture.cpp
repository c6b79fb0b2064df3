#include "service/ctl/knee_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace sweetspot::ctl {
namespace {

constexpr int octave = 9, height = 12;  // columns of an octave, rows
constexpr int margin = 9;               // columns left of the axis
constexpr double far = 16;

bool is_drawable(const v1::CurvePoint& point) {
  return std::isfinite(point.in_flight()) && std::isfinite(point.throughput()) &&
         point.in_flight() >= 0.5 && point.in_flight() < 1e6 && point.throughput() > 0;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f", value);
  return text.data();
}

std::string padded(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

class Canvas {
 public:
  Canvas(const std::vector<v1::CurvePoint>& points, int held_limit) : points_(points) {
    double least = points.front().in_flight(), most = least;
    for (const auto& point : points) {
      least = std::min(least, point.in_flight());
      most = std::max(most, point.in_flight());
      top_ = std::max(top_, point.throughput());
    }
    // The held limit has its place on the axis, unless it is far from all that was measured.
    const double held = std::clamp<double>(held_limit, least / far, most * far);
    least = std::min(least, held);
    most = std::max(most, held);
    low_ = static_cast<int>(std::floor(std::log2(least) + 0.05));
    high_ = std::max(low_ + 3, static_cast<int>(std::ceil(std::log2(most) - 0.05)));
    rows_.assign(height, std::string(static_cast<std::size_t>(width()), ' '));
  }

  // The line between what is judged, then the points on it.
  void draw(int sweet_spot) {
    const v1::CurvePoint* before = nullptr;
    for (const auto& point : points_) {
      if (point.stale()) continue;
      if (before != nullptr) draw_line(*before, point);
      before = &point;
    }
    for (const auto& point : points_) {
      const char mark = point.stale() ? 'x' : point.limit() == sweet_spot ? '*' : 'o';
      put(column(point.in_flight()), row(point.throughput()), mark);
    }
  }

  std::string text(int held_limit) const {
    std::string all = padded("ops/s", margin - 2) + "\n";
    for (int y = height - 1; y >= 0; --y) {
      const bool is_labelled = y % 3 == 2 || y == 0;
      const double value = top_ * y / (height - 1);
      all += padded(is_labelled ? number(value) : "", margin - 2) + " |";
      all += trimmed(rows_[static_cast<std::size_t>(y)]) + "\n";
    }
    all += std::string(margin - 1, ' ') + "+" +
           std::string(static_cast<std::size_t>(width()), '-') + "\n";
    std::string sizes(static_cast<std::size_t>(margin + width() + 6), ' '), marks = sizes;
    for (int power = low_; power <= high_; ++power)
      place(sizes, column(std::exp2(power)), power < 0 ? "1/2" : number(std::exp2(power)));
    place(marks, column(held_limit), "^ held limit " + std::to_string(held_limit));
    return all + trimmed(sizes) + " in flight\n" + trimmed(marks) + "\n";
  }

 private:
  int width() const { return (high_ - low_) * octave + 2; }
  int column(double in_flight) const {
    const double at = (std::log2(std::max(in_flight, 0.5)) - low_) * octave;
    return std::clamp(static_cast<int>(std::lround(at)), 0, width() - 1);
  }
  int row(double throughput) const {
    return std::clamp(static_cast<int>(std::lround(throughput / top_ * (height - 1))), 0,
                      height - 1);
  }
  void put(int x, int y, char mark) {
    rows_[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = mark;
  }
  void draw_line(const v1::CurvePoint& from, const v1::CurvePoint& to) {
    const int begin = column(from.in_flight()), end = column(to.in_flight());
    for (int x = begin + 1; x < end; ++x) {
      const double share = static_cast<double>(x - begin) / (end - begin);
      put(x, row(from.throughput() + share * (to.throughput() - from.throughput())), '.');
    }
  }
  static void place(std::string& line, int x, const std::string& text) {
    const std::size_t at = margin + static_cast<std::size_t>(x);
    if (line.size() < at + text.size()) line.resize(at + text.size(), ' ');
    line.replace(at, text.size(), text);
  }
  static std::string trimmed(const std::string& line) {
    return line.substr(0, line.find_last_not_of(' ') + 1);
  }

  const std::vector<v1::CurvePoint>& points_;
  int low_ = 0, high_ = 0;  // octaves
  double top_ = 0;
  std::vector<std::string> rows_;  // from the bottom
};

}  // namespace

std::string knee_picture(const v1::Curve& curve) {
  std::vector<v1::CurvePoint> points;
  for (const auto& point : curve.points())
    if (is_drawable(point)) points.push_back(point);
  if (points.empty()) return {};
  Canvas canvas(points, std::max(curve.held_limit(), 1));
  canvas.draw(curve.sweet_spot());
  return canvas.text(curve.held_limit()) +
         "o measured   * sweet spot   x of another capacity or an earlier run\n";
}

}  // namespace sweetspot::ctl
