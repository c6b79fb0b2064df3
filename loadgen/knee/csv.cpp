#include "loadgen/knee/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace sweetspot::loadgen {
namespace {

using tuner::CurvePoint;

constexpr std::string_view allowed_columns =
    "pool_size, throughput, p99_ms, and if at hand p50_ms, threads, valid, relative_ci (what else "
    "`sweep` writes is passed over)";
constexpr std::array<std::string_view, 13> known{"pool_size",
                                                 "throughput",
                                                 "p99_ms",
                                                 "p50_ms",
                                                 "threads",
                                                 "valid",
                                                 "relative_ci",
                                                 "failures",
                                                 "in_flight_ratio",
                                                 "client_cpu",
                                                 "target_cpu",
                                                 "resident_bytes",
                                                 "switches_per_request"};
constexpr std::array<std::string_view, 3> required{"pool_size", "throughput", "p99_ms"};

std::string_view trimmed(std::string_view text) {
  constexpr auto blank = " \t\r";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(blank) - first + 1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    const auto comma = line.find(',');
    cells.emplace_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::optional<double> positive(std::string_view text) {
  const auto number = number_in<double>(text);
  return number && std::isfinite(*number) && *number > 0 ? number : std::nullopt;
}

class CurveReader {
 public:
  CurveReader(std::istream& in, const std::string& name) : in_(in), name_(name) {}

  platform::Parsed<std::vector<CurvePoint>> read() {
    if (!next_line()) return failed("is empty", "allowed is a header with ", allowed_columns);
    columns_ = cells_of(line_);
    if (auto error = check_header(); !error.empty()) return {{}, error};
    std::vector<CurvePoint> curve;
    while (next_line()) {
      if (auto error = read_row(curve); !error.empty()) return {{}, error};
    }
    if (sizes_.empty()) return failed("has a header but no row", "allowed is a row a level", "");
    return {std::move(curve), {}};
  }

 private:
  bool next_line() {
    while (std::getline(in_, line_)) {
      ++number_;
      constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
      if (number_ == 1 && line_.starts_with(byte_order_mark)) line_.erase(0, 3);
      if (!trimmed(line_).empty()) return true;
    }
    return false;
  }

  std::string at_line() const { return name_ + ", line " + std::to_string(number_) + ": "; }

  platform::Parsed<std::vector<CurvePoint>> failed(std::string_view what, std::string_view allowed,
                                                   std::string_view more) const {
    std::string error = name_ + " ";
    error.append(what).append("; ").append(allowed).append(more);
    return {{}, error};
  }

  std::string check_header() const {
    std::set<std::string> seen;
    for (const std::string& column : columns_) {
      if (std::find(known.begin(), known.end(), column) == known.end()) {
        return at_line() + "unknown column \"" + column + "\"; allowed are " +
               std::string(allowed_columns);
      }
      if (!seen.insert(column).second)
        return at_line() + "column " + column + " stands there twice";
    }
    for (const auto column : required) {
      if (seen.count(std::string(column)) == 0) {
        return at_line() + "column " + std::string(column) + " is missing; allowed are " +
               std::string(allowed_columns);
      }
    }
    return {};
  }

  std::string wrong(const std::string& column, std::string_view allowed) const {
    std::string error =
        at_line() + "column " + column + " is \"" + row_.at(column) + "\"; allowed is ";
    return error.append(allowed);
  }

  std::string read_row(std::vector<CurvePoint>& curve) {
    const auto cells = cells_of(line_);
    if (cells.size() != columns_.size()) {
      return at_line() + std::to_string(cells.size()) + " values, but the header has " +
             std::to_string(columns_.size()) + " columns";
    }
    row_.clear();
    for (std::size_t i = 0; i < cells.size(); ++i) row_[columns_[i]] = cells[i];
    CurvePoint point;
    bool valid = true;
    if (auto error = read_required(point, valid); !error.empty()) return error;
    if (auto error = read_optional(point); !error.empty()) return error;
    if (!sizes_.insert(point.pool_size).second) {
      return wrong("pool_size", "each size once");
    }
    if (valid) curve.push_back(point);
    return {};
  }

  std::string read_required(CurvePoint& point, bool& valid) const {
    if (const auto flag = row_.find("valid"); flag != row_.end()) {
      if (flag->second != "true" && flag->second != "false") return wrong("valid", "true or false");
      valid = flag->second == "true";
    }
    const auto size = number_in<int>(row_.at("pool_size"));
    if (!size || *size < 1) return wrong("pool_size", "a whole number from 1");
    point.pool_size = *size;
    if (!valid) return {};  // its figures need not make sense
    const auto throughput = positive(row_.at("throughput"));
    if (!throughput) return wrong("throughput", "a number above 0");
    const auto p99 = positive(row_.at("p99_ms"));
    if (!p99) return wrong("p99_ms", "a number above 0");
    point.throughput = *throughput;
    point.p99 = tuner::from_seconds(*p99 / 1e3);
    return {};
  }

  std::string read_optional(CurvePoint& point) const {
    if (const auto p50 = row_.find("p50_ms"); p50 != row_.end() && !p50->second.empty()) {
      const auto value = number_in<double>(p50->second);
      if (!value || !std::isfinite(*value) || *value < 0) {
        return wrong("p50_ms", "a number from 0, or nothing");
      }
      point.p50 = tuner::from_seconds(*value / 1e3);
    }
    if (const auto ci = row_.find("relative_ci"); ci != row_.end() && !ci->second.empty()) {
      const auto value = number_in<double>(ci->second);
      if (!value || !std::isfinite(*value) || *value < 0) {
        return wrong("relative_ci", "a number from 0, or nothing");
      }
      point.relative_ci = *value;
    }
    if (const auto threads = row_.find("threads");
        threads != row_.end() && !threads->second.empty()) {
      const auto value = number_in<int>(threads->second);
      if (!value || *value < 0) return wrong("threads", "a whole number from 0, or nothing");
    }
    return {};
  }

  std::istream& in_;
  const std::string& name_;
  std::string line_;
  int number_ = 0;
  std::vector<std::string> columns_;
  std::map<std::string, std::string> row_;
  std::set<int> sizes_;
};

}  // namespace

platform::Parsed<std::vector<CurvePoint>> read_curve(std::istream& in, const std::string& name) {
  return CurveReader(in, name).read();
}

}  // namespace sweetspot::loadgen
