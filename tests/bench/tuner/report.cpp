#include "tests/bench/tuner/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

namespace sweetspot::bench {

namespace {

std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return value >= 1e3 ? "-" : text;
}

std::string settled_text(const std::vector<double>& seconds) {
  std::ostringstream text;
  for (std::size_t i = 0; i < seconds.size(); ++i)
    text << (i > 0 ? " " : "") << fixed(seconds[i], 1);
  return text.str();
}

std::string limits_text(const std::vector<int>& limits) {
  std::ostringstream text;
  for (std::size_t i = 0; i < limits.size(); ++i) text << (i > 0 ? " " : "") << limits[i];
  return text.str();
}

void print_row(std::ostream& out, const Played& played) {
  const Score& m = played.summary.median;
  char line[200];
  std::snprintf(
      line, sizeof line, "  %-10s %7.3f %7.3f %7.2f %7.2f %6.1f%% %6.1f%% %8.1f %5d  %s\n",
      played.algorithm.c_str(), m.goodput, played.summary.worst, m.p99, m.p99_at_held,
      100 * m.idle_shed, 100 * m.beyond, m.changes, m.held, settled_text(m.settled).c_str());
  out << line;
}

constexpr const char* colours[] = {"#1b6ac9", "#d98200", "#8a8a8a",
                                   "#a33bb5", "#c4392b", "#2f8f4e"};

}  // namespace

void print_text(std::ostream& out, const Result& result) {
  out << "\n"
      << result.scenario.name << "  (best static limit " << limits_text(result.oracle.limits)
      << ")\n";
  out << "  algorithm  goodput   worst     p99    held   idle  beyond  changes  held  within one "
         "doubling after, s\n";
  for (const Played& played : result.played) print_row(out, played);
}

void print_overall(std::ostream& out, const std::vector<Result>& results) {
  if (results.empty()) return;  // only what a tick costs was asked
  out << "\nover all scenarios: median goodput / worst seed / median p99\n";
  for (std::size_t i = 0; i < results.front().played.size(); ++i) {
    std::vector<double> goodput, p99;
    double worst = 1e9;
    for (const Result& result : results) {
      goodput.push_back(result.played[i].summary.median.goodput);
      p99.push_back(result.played[i].summary.median.p99);
      worst = std::min(worst, result.played[i].summary.worst);
    }
    std::sort(goodput.begin(), goodput.end());
    std::sort(p99.begin(), p99.end());
    out << "  " << results.front().played[i].algorithm << ": "
        << fixed(goodput[goodput.size() / 2], 3) << " / " << fixed(worst, 3) << " / "
        << fixed(p99[p99.size() / 2], 2) << "\n";
  }
}

void print_csv(std::ostream& out, const std::vector<Result>& results) {
  out << "scenario,algorithm,seed,goodput,p99,p99_at_held,idle_shed,beyond,settled_s,changes,held,"
         "largest,shed_by_probe\n";
  for (const Result& result : results) {
    for (const Played& played : result.played) {
      for (std::size_t seed = 0; seed < played.scores.size(); ++seed) {
        const Score& s = played.scores[seed];
        out << result.scenario.name << ',' << played.algorithm << ',' << seed << ',' << s.goodput
            << ',' << s.p99 << ',' << s.p99_at_held << ',' << s.idle_shed << ',' << s.beyond << ','
            << settled_text(s.settled) << ',' << s.changes << ',' << s.held << ',' << s.largest
            << ',' << s.shed_by_probe << '\n';
      }
    }
  }
}

// One panel a scenario: the limit in force over time on a scale of doublings, and the oracle's.
void print_svg(std::ostream& out, const std::vector<Result>& results) {
  constexpr double width = 760, height = 200, left = 40, top = 30;
  const double total = (height + top) * static_cast<double>(results.size()) + 20;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width + left + 130
      << "\" height=\"" << total << "\" font-family=\"sans-serif\" font-size=\"11\">\n";
  double y0 = top;
  for (const Result& result : results) {
    const double span = tuner::seconds(result.scenario.span);
    const auto x = [&](double t) { return left + width * t / span; };
    const auto y = [&](double limit) {
      return y0 + height - 20 - (height - 30) * std::log2(std::max(limit, 1.0)) / 10;
    };
    out << "<text x=\"" << left << "\" y=\"" << y0 << "\">" << result.scenario.name << "</text>\n";
    for (int limit = 1; limit <= 1024; limit *= 4) {
      out << "<text x=\"4\" y=\"" << y(limit) + 4 << "\">" << limit << "</text><line x1=\"" << left
          << "\" x2=\"" << left + width << "\" y1=\"" << y(limit) << "\" y2=\"" << y(limit)
          << "\" stroke=\"#ddd\"/>\n";
    }
    const auto begin_line = [&](const char* colour, const char* style) {
      out << "<polyline fill=\"none\" stroke=\"" << colour << "\" " << style << " points=\"";
    };
    const auto point = [&](double t, double limit) {
      out << fixed(x(t), 1) << ',' << fixed(y(limit), 1) << ' ';
    };
    begin_line("black", "stroke-dasharray=\"6 4\"");
    auto starts = result.scenario.phases();
    starts.push_back(result.scenario.span);
    for (std::size_t i = 0; i < result.oracle.limits.size(); ++i) {
      for (std::size_t end : {i, i + 1}) {
        point(tuner::seconds(starts[end]), result.oracle.limits[i]);
      }
    }
    out << "\"/>\n";
    for (std::size_t i = result.played.size(); i-- > 0;) {
      const char* colour = colours[i % std::size(colours)];
      begin_line(colour, i == 0 ? "stroke-width=\"2\"" : "");
      double before = result.scenario.start;
      for (const auto& p : result.played[i].limits) {
        const double t = tuner::seconds(p.at.time_since_epoch());
        point(t, before);
        point(t, before = p.limit);
      }
      point(span, before);
      out << "\"/>\n";
      out << "<text x=\"" << left + width + 8 << "\" y=\"" << y0 + 14 * static_cast<double>(i + 1)
          << "\" fill=\"" << colour << "\">" << result.played[i].algorithm << "</text>\n";
    }
    y0 += height + top;
  }
  out << "</svg>\n";
}

void print_json(std::ostream& out, const std::vector<Result>& results, std::uint64_t seed,
                const std::vector<std::string>& misses) {
  nlohmann::json root{{"seed", seed}, {"missed", misses}, {"scenarios", nlohmann::json::array()}};
  for (const Result& result : results) {
    nlohmann::json scenario{{"name", result.scenario.name}, {"oracle", result.oracle.limits}};
    for (const Played& played : result.played) {
      const Summary& sum = played.summary;
      scenario["algorithms"][played.algorithm] = {{"goodput", sum.median.goodput},
                                                  {"worst_goodput", sum.worst},
                                                  {"phase_goodput", sum.median.phase_goodput},
                                                  {"p99", sum.median.p99},
                                                  {"p99_at_held", sum.median.p99_at_held},
                                                  {"idle_shed", sum.median.idle_shed},
                                                  {"beyond", sum.median.beyond},
                                                  {"settled_s", sum.median.settled},
                                                  {"changes_a_minute", sum.median.changes},
                                                  {"held", sum.median.held},
                                                  {"largest", sum.largest},
                                                  {"shed_by_probe", sum.shed_by_probe}};
    }
    root["scenarios"].push_back(std::move(scenario));
  }
  out << root.dump(2) << "\n";
}

}  // namespace sweetspot::bench
