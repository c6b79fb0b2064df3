#include "loadgen/sweep/chart.hpp"

#include <algorithm>
#include <cmath>

#include "loadgen/text/format.hpp"
#include "loadgen/text/markup.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr double width = 760, height = 440;
constexpr double left = 70, right = 690, top = 40, bottom = 340;
constexpr const char* throughput_colour = "#1f6fb2";
constexpr const char* p99_colour = "#c2571a";
constexpr const char* knee_colour = "#2e7d32";

// The next of 1, 2, 5, 10, 20 … that is not below.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0, 10.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

std::string text_at(double x, double y, const char* anchor, const char* colour,
                    const std::string& text) {
  return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor,
                colour) +
         escaped(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2,
                style);
}

class Chart {
 public:
  explicit Chart(const Curve& curve) : curve_(curve) {
    for (const auto* levels : {&curve.levels, &curve.refinement}) {
      for (const Level& level : *levels) {
        if (level.throughput > 0) levels_.push_back(&level);
      }
    }
    std::sort(levels_.begin(), levels_.end(),
              [](const Level* a, const Level* b) { return a->pool_size < b->pool_size; });
    for (const Level* level : levels_) {
      most_throughput_ = std::max(most_throughput_, level->throughput);
      most_p99_ = std::max(most_p99_, tuner::milliseconds(level->p99));
    }
    most_throughput_ = round_up(most_throughput_);
    most_p99_ = round_up(most_p99_);
  }

  std::string draw() {
    std::string svg = format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
        "height=\"%.0f\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
        "<title>Throughput and p99 by pool size</title>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
        width, height, width, height);
    if (levels_.empty())
      return svg + text_at(width / 2, height / 2, "middle", "black", "no level with a success") +
             "</svg>\n";
    return svg + knee() + axes() + series() + verdict() + "</svg>\n";
  }

 private:
  double x(double size) const {
    const double low = std::log2(levels_.front()->pool_size),
                 high = std::log2(levels_.back()->pool_size);
    const double share = high > low ? (std::log2(size) - low) / (high - low) : 0.5;
    return left + std::clamp(share, 0.0, 1.0) * (right - left);
  }
  double y(double value, double most) const { return bottom - value / most * (bottom - top); }

  std::string knee() const {
    const auto& knee = curve_.knee;
    if (!knee.sweet_spot) return {};
    const double from = x(std::max(knee.low, 1)), to = x(std::max(knee.high, 1)),
                 at = x(*knee.sweet_spot);
    return format(
               "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
               "opacity=\"0.1\"/>\n",
               from, top, std::max(to - from, 1.0), bottom - top, knee_colour) +
           line(at, top, at, bottom,
                "stroke=\"#2e7d32\" stroke-width=\"2\" stroke-dasharray=\"5 4\"") +
           text_at(at, top - 8, "middle", knee_colour, format("sweet spot %d", *knee.sweet_spot));
  }

  std::string axes() const {
    std::string svg;
    for (int i = 0; i <= 4; ++i) {
      const double height_here = y(i, 4);
      svg += line(left, height_here, right, height_here, "stroke=\"#ddd\"");
      svg += text_at(left - 8, height_here + 4, "end", throughput_colour,
                     format("%g", most_throughput_ * i / 4));
      svg +=
          text_at(right + 8, height_here + 4, "start", p99_colour, format("%g", most_p99_ * i / 4));
    }
    double last = -100;
    for (const Level* level : levels_) {
      const double here = x(level->pool_size);
      if (here - last < 22) continue;
      last = here;
      svg += text_at(here, bottom + 18, "middle", "black", std::to_string(level->pool_size));
    }
    return svg +
           text_at((left + right) / 2, bottom + 38, "middle", "black", "pool size (logarithmic)") +
           text_at(left, top - 22, "start", throughput_colour, "throughput, successes/s") +
           text_at(right, top - 22, "end", p99_colour, "p99, ms");
  }

  template <class Value>
  std::string one_series(Value value, double most, const char* colour) const {
    std::string points, dots;
    for (const Level* level : levels_) {
      const double px = x(level->pool_size), py = y(value(*level), most);
      if (level->valid) points += format("%.1f,%.1f ", px, py);
      dots += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\" stroke=\"%s\"><title>",
                     px, py, level->valid ? colour : "white", colour) +
              escaped(format("%d: %.1f/s, p99 %.2f ms%s", level->pool_size, level->throughput,
                             tuner::milliseconds(level->p99), level->valid ? "" : ", INVALID")) +
              "</title></circle>\n";
    }
    return format("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour) +
           points + "\"/>\n" + dots;
  }

  std::string series() const {
    return one_series([](const Level& l) { return l.throughput; }, most_throughput_,
                      throughput_colour) +
           one_series([](const Level& l) { return tuner::milliseconds(l.p99); }, most_p99_,
                      p99_colour);
  }

  // Broken into lines at blanks, since SVG does not.
  std::string verdict() const {
    std::string svg, row;
    double at = bottom + 62;
    const std::string text = curve_.knee.sentence + " ";
    std::string word;
    for (const char c : text) {
      if (c != ' ') {
        word += c;
        continue;
      }
      if (row.size() + word.size() > 108) {
        svg += text_at(left, at, "start", "black", row);
        at += 16;
        row.clear();
      }
      if (!row.empty()) row += ' ';
      row += word;
      word.clear();
    }
    return svg + text_at(left, at, "start", "black", row);
  }

  const Curve& curve_;
  std::vector<const Level*> levels_;
  double most_throughput_ = 0, most_p99_ = 0;
};

}  // namespace

std::string draw_chart(const Curve& curve) { return Chart(curve).draw(); }

}  // namespace sweetspot::loadgen
