#include "loadgen/run/interval_log.hpp"

#include <algorithm>

#include "loadgen/run/hdr.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {

tuner::Histogram difference(const tuner::Histogram& now, const tuner::Histogram& before) {
  tuner::Histogram more;
  for (std::size_t i = 0; i < tuner::Buckets::count; ++i) {
    if (now.at(i) > before.at(i)) more.add_bucket(i, now.at(i) - before.at(i));
  }
  return more;
}

void IntervalLog::observe(Duration elapsed, const engine::Latencies& so_far) {
  if (elapsed - start_ >= interval_) close(elapsed, so_far);
}

void IntervalLog::close(Duration elapsed, const engine::Latencies& so_far) {
  for (std::size_t i = 0; i < so_far.size(); ++i) {
    const tuner::Histogram interval = difference(so_far[i], before_[i]);
    if (interval.empty()) continue;
    lines_ += format("Tag=%s,%.3f,%.3f,%.3f,", std::string(engine::outcome_name(i)).c_str(),
                     tuner::seconds(start_), tuner::seconds(elapsed - start_),
                     tuner::milliseconds(interval.quantile(1))) +
              encode_hdr(interval) + "\n";
  }
  start_ = elapsed;
  before_ = so_far;
}

std::string IntervalLog::finish(Duration elapsed, const engine::Latencies& all) {
  close(std::max(elapsed, start_), all);
  return "#[Histogram log format version 1.3]\n"
         "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
         "Histogram\"\n" +
         lines_;
}

}  // namespace sweetspot::loadgen
