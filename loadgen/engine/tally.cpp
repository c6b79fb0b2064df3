#include "loadgen/engine/tally.hpp"

#include <algorithm>
#include <numeric>

namespace sweetspot::engine {
namespace {

void merge_all(std::vector<Part>& parts, const std::vector<Part>& others) {
  if (parts.size() < others.size()) parts.resize(others.size());
  for (std::size_t i = 0; i < others.size(); ++i) parts[i].merge(others[i]);
}

}  // namespace

std::string_view to_string(Error error) {
  switch (error) {
    case Error::connect:
      return "connect";
    case Error::tls:
      return "tls";
    case Error::reset:
      return "reset";
    case Error::timeout:
      return "timeout";
    case Error::protocol:
      break;
  }
  return "protocol";
}

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::fine:
      return "2xx_3xx";
    case Answer::client_error:
      return "4xx";
    case Answer::refused:
      return "refused";
    case Answer::server_error:
      break;
  }
  return "5xx";
}

Answer answer_of(int status) {
  if (status < 400) return Answer::fine;
  if (status == 408 || status == 429 || status == 503) return Answer::refused;
  return status < 500 ? Answer::client_error : Answer::server_error;
}

bool is_success(int status) { return answer_of(status) <= Answer::client_error; }

void Tally::add_response(int status, Duration latency, std::optional<Duration> since_send) {
  ++statuses[static_cast<std::size_t>(status)];
  answers[static_cast<std::size_t>(answer_of(status))].record(latency);
  if (!is_success(status)) return;
  success_time += latency;
  service_time += since_send.value_or(latency);
}

void Tally::add_error(Error error, Duration after, std::string_view cause) {
  if (++errors[static_cast<std::size_t>(error)] == 1)
    causes[static_cast<std::size_t>(error)] = cause;
  error_times[static_cast<std::size_t>(error)].record(after);
}

void Part::merge(const Part& other) {
  successes.merge(other.successes);
  requests += other.requests;
}

void Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < answer_count; ++i) answers[i].merge(other.answers[i]);
  for (std::size_t i = 0; i < error_count; ++i) error_times[i].merge(other.error_times[i]);
  uncorrected.merge(other.uncorrected);
  connect_times.merge(other.connect_times);
  first_bytes.merge(other.first_bytes);
  slices.merge(other.slices);
  unanswered.merge(other.unanswered);
  success_time += other.success_time;
  service_time += other.service_time;
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += other.errors[i];
  for (std::size_t i = 0; i < causes.size(); ++i) {
    if (causes[i].empty()) causes[i] = other.causes[i];
  }
  merge_all(stages, other.stages);
  merge_all(calls, other.calls);
  bytes += other.bytes;
  connections += other.connections;
  sent += other.sent;
  late += other.late;
  waited += other.waited;
  dropped += other.dropped;
  unsent += other.unsent;
  last = std::max(last, other.last);
}

std::string_view outcome_name(std::size_t index) {
  return index < answer_count ? to_string(static_cast<Answer>(index))
                              : to_string(static_cast<Error>(index - answer_count));
}

Latencies Tally::latencies() const {
  Latencies all;
  std::copy(answers.begin(), answers.end(), all.begin());
  std::copy(error_times.begin(), error_times.end(), all.begin() + answer_count);
  return all;
}

tuner::Histogram Tally::successes() const {
  tuner::Histogram merged = answers[static_cast<std::size_t>(Answer::fine)];
  merged.merge(answers[static_cast<std::size_t>(Answer::client_error)]);
  return merged;
}

std::uint64_t Tally::success_count() const {
  return answers[static_cast<std::size_t>(Answer::fine)].count() +
         answers[static_cast<std::size_t>(Answer::client_error)].count();
}

std::uint64_t Tally::requests() const {
  std::uint64_t sum = std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
  for (const auto& histogram : answers) sum += histogram.count();
  return sum;
}

}  // namespace sweetspot::engine
