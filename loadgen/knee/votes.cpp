#include "loadgen/knee/votes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using tuner::CurvePoint;
using Curve = std::vector<CurvePoint>;

double size_of(const CurvePoint& p) { return static_cast<double>(p.pool_size); }

double best_throughput(const Curve& curve) {
  return std::max_element(curve.begin(), curve.end(),
                          [](const auto& a, const auto& b) { return a.throughput < b.throughput; })
      ->throughput;
}

// Kneedle (Satopää et al., 2011) over log2 N: where the curve, scaled to the unit square, is the
// farthest above its diagonal.
Vote kneedle(const Curve& curve) {
  Vote vote{"kneedle", {}, "farthest above the diagonal of throughput over log2 N"};
  const double left = std::log2(size_of(curve.front())), right = std::log2(size_of(curve.back()));
  const double low = curve.front().throughput, high = best_throughput(curve);
  if (right <= left || high <= low) return vote;
  double farthest = 0.05;  // a straight line has no knee
  for (const CurvePoint& p : curve) {
    const double x = (std::log2(size_of(p)) - left) / (right - left);
    const double y = (p.throughput - low) / (high - low);
    if (y - x > farthest) {
      farthest = y - x;
      vote.size = size_of(p);
    }
  }
  return vote;
}

Vote last_gain(const Curve& curve) {
  Vote vote{"last_gain", {}, "last step that gained 10 % a doubling"};
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const double doublings = std::log2(size_of(curve[i]) / size_of(curve[i - 1]));
    const double gain = curve[i].throughput / curve[i - 1].throughput;
    if (gain < std::pow(1.1, doublings)) {
      vote.size = size_of(curve[i - 1]);
      return vote;
    }
  }
  return vote;
}

Vote near_plateau(const Curve& curve) {
  const double enough = 0.95 * best_throughput(curve);
  const auto first = std::find_if(curve.begin(), curve.end(),
                                  [enough](const auto& p) { return p.throughput >= enough; });
  return {"near_plateau", size_of(*first), "least size within 5 % of the highest throughput"};
}

// Solves the 3x3 (or, with one column less, 2x2) normal equations by elimination.
using Row = std::array<double, 4>;
std::optional<std::array<double, 3>> solve(std::array<Row, 3> m, std::size_t columns) {
  for (std::size_t i = 0; i < columns; ++i) {
    std::size_t pivot = i;
    for (std::size_t r = i + 1; r < columns; ++r) {
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    }
    if (std::abs(m[pivot][i]) < 1e-12) return {};
    std::swap(m[i], m[pivot]);
    for (std::size_t r = 0; r < columns; ++r) {
      if (r == i) continue;
      const double factor = m[r][i] / m[i][i];
      for (std::size_t c = i; c < 4; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  std::array<double, 3> solution{};
  for (std::size_t i = 0; i < columns; ++i) solution[i] = m[i][3] / m[i][i];
  return solution;
}

// N/X is linear in the coefficients; weighted so that every level counts by its relative error.
std::optional<std::array<double, 3>> least_squares(const Curve& curve, std::size_t columns) {
  std::array<Row, 3> m{};
  for (const CurvePoint& p : curve) {
    const double n = size_of(p);
    const double y = n / p.throughput;
    const Row row{1 / y, (n - 1) / y, n * (n - 1) / y, 1};
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t j = 0; j < columns; ++j) m[i][j] += row[i] * row[j];
      m[i][3] += row[i] * row[3];
    }
  }
  return solve(m, columns);
}

double r_squared(const Curve& curve, const ScalabilityFit& fit) {
  double mean = 0, total = 0, left = 0;
  for (const CurvePoint& p : curve) mean += p.throughput / static_cast<double>(curve.size());
  for (const CurvePoint& p : curve) {
    const double n = size_of(p);
    const double x = fit.lambda * n / (1 + fit.sigma * (n - 1) + fit.kappa * n * (n - 1));
    total += (p.throughput - mean) * (p.throughput - mean);
    left += (p.throughput - x) * (p.throughput - x);
  }
  return total > 0 ? 1 - left / total : 0;
}

Vote scalability(const Curve& curve) {
  Vote vote{"usl", {}, "no fit"};
  const auto fit = fit_scalability(curve);
  if (!fit) return vote;
  vote.size = fit->peak;
  vote.note = format("peak of X = λN/(1 + σ(N − 1) + κN(N − 1)): σ %.4f, κ %.6f, R² %.3f%s",
                     fit->sigma, fit->kappa, fit->r2, fit->is_extrapolated ? ", extrapolated" : "");
  return vote;
}

}  // namespace

std::optional<ScalabilityFit> fit_scalability(const Curve& curve) {
  if (curve.size() < 3) return {};
  auto found = least_squares(curve, 3);
  if (!found || (*found)[2] < 0) found = least_squares(curve, 2);
  if (!found || (*found)[0] <= 0) return {};
  const auto& [a, b, c] = *found;
  ScalabilityFit fit{.lambda = 1 / a, .sigma = b / a, .kappa = c / a};
  fit.r2 = r_squared(curve, fit);
  if (fit.kappa > 0 && fit.sigma < 1) {
    fit.peak = std::sqrt((1 - fit.sigma) / fit.kappa);
    fit.is_extrapolated = *fit.peak > size_of(curve.back());
  }
  return fit;
}

std::vector<Vote> votes(Curve curve) {
  std::erase_if(curve, [](const CurvePoint& p) { return p.pool_size < 1 || !(p.throughput > 0); });
  std::sort(curve.begin(), curve.end(),
            [](const auto& a, const auto& b) { return a.pool_size < b.pool_size; });
  if (curve.size() < 3) return {};
  return {kneedle(curve), last_gain(curve), near_plateau(curve), scalability(curve)};
}

}  // namespace sweetspot::loadgen
