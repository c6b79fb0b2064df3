#include "service/observe/history.hpp"

#include "tuner/histogram.hpp"

namespace sweetspot::observe {
namespace {

std::uint64_t successes_of(const control::Recorders& recorders) {
  std::uint64_t total = 0;
  for (const auto& recorder : recorders)
    for (std::size_t cls = 0; cls < control::max_classes; ++cls)
      total += recorder->requests(static_cast<control::ClassId>(cls), control::Outcome::success);
  return total;
}

std::uint64_t sheds_of(const control::Recorders& recorders) {
  std::uint64_t total = 0;
  for (const auto& recorder : recorders)
    for (std::size_t cls = 0; cls < control::max_classes; ++cls)
      for (std::size_t reason = 0; reason < admission::shed_reason_count; ++reason)
        total += recorder->sheds(static_cast<control::ClassId>(cls),
                                 static_cast<admission::ShedReason>(reason));
  return total;
}

}  // namespace

History::History(const admission::Limiter& limiter, const control::Recorders& recorders,
                 tuner::TimePoint now)
    : limiter_(limiter), recorders_(recorders), last_reading_(limiter.read(now)) {}

const Sample& History::take(const control::Status& status, tuner::TimePoint now,
                            std::int64_t unix_ms) {
  const auto reading = limiter_.read(now);
  const double span = tuner::seconds(reading.at - last_reading_.at);
  const auto a_second = [span](double grown) { return span > 0 ? grown / span : 0.0; };
  const auto successes = successes_of(recorders_);
  const auto sheds = sheds_of(recorders_);

  Sample sample;
  sample.unix_ms = unix_ms;
  sample.limit = status.limit;
  sample.held_limit = status.held_limit;
  sample.in_flight = a_second(reading.in_flight_seconds - last_reading_.in_flight_seconds);
  sample.queued = a_second(reading.queued_seconds - last_reading_.queued_seconds);
  sample.throughput = a_second(static_cast<double>(successes - last_successes_));
  sample.shed = a_second(static_cast<double>(sheds - last_shed_));
  sample.backend = advance(last_backend_, &control::Recorder::backend);
  sample.queue_wait = advance(last_queue_wait_, &control::Recorder::queue_wait);
  sample.total = advance(last_total_, &control::Recorder::total);
  last_reading_ = reading;
  last_successes_ = successes;
  last_shed_ = sheds;

  if (samples_.size() == capacity) samples_.pop_front();
  return samples_.emplace_back(sample);
}

Quantiles History::advance(Buckets& last, Latency latency) {
  tuner::Histogram grown;
  for (std::size_t bucket = 0; bucket < last.size(); ++bucket) {
    std::uint64_t total = 0;
    for (const auto& recorder : recorders_) total += ((*recorder).*latency)().at(bucket);
    if (total != last[bucket]) grown.add_bucket(bucket, total - last[bucket]);
    last[bucket] = total;
  }
  if (grown.empty()) return {};
  return {grown.quantile(0.5), grown.quantile(0.99)};
}

}  // namespace sweetspot::observe
