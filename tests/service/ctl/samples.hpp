#pragma once

#include <string>
#include <vector>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::ctl {

// A sidecar in the middle of a probe.
inline v1::Status sample() {
  v1::Status status;
  status.set_limit(16);
  status.set_held_limit(8);
  status.set_limit_min(1);
  status.set_limit_max(1000);
  status.set_in_flight(15);
  status.set_queued(4);
  status.set_state("probe");
  status.set_objective("balanced");
  status.set_mode("enforce");
  status.set_algorithm("sweetspot");
  status.set_throughput(598.25);
  status.set_p50_ms(13.1);
  status.set_p99_ms(15.04);
  status.set_saturation(2.375);
  status.set_version("0.1.0");
  status.set_uptime_ms(61000);
  status.set_span_ms(10000);
  status.set_held_throughput(600.5);
  status.set_held_p50_ms(13);
  status.set_held_p99_ms(14.9);
  status.set_exploration_share(0.012);
  status.set_backend_threads(12);
  status.set_requests(12345);
  status.set_shed(6);
  auto& verdict = *status.mutable_last_verdict();
  verdict.set_sequence(3);
  verdict.set_unix_time_ms(1700000000000);
  verdict.set_from(8);
  verdict.set_to(8);
  verdict.set_reason("plateau");
  verdict.set_sentence("stay at 8");
  verdict.mutable_lo()->set_limit(8);
  return status;
}

inline v1::Verdict sample_verdict(std::uint64_t sequence, int from, int to,
                                  const std::string& reason, const std::string& sentence) {
  v1::Verdict verdict;
  verdict.set_sequence(sequence);
  verdict.set_unix_time_ms(1700000000000 + static_cast<std::int64_t>(sequence) * 1000);
  verdict.set_from(from);
  verdict.set_to(to);
  verdict.set_reason(reason);
  verdict.set_sentence(sentence);
  return verdict;
}

inline std::vector<v1::Verdict> sample_verdicts() {
  return {sample_verdict(1, 4, 4, "start", "start at 4"),
          sample_verdict(2, 4, 8, "throughput_gain",
                         "4 → 8: doubling from 4 to 8 brought +50 % throughput for +98 % in flight "
                         "(elasticity 0.60 > 0.32), p99 10 → 15 ms"),
          sample_verdict(3, 8, 8, "plateau",
                         "stay at 8: doubling from 8 to 16 brought +17 % throughput for +101 % in "
                         "flight (elasticity 0.22 < 0.32), p99 15 → 30 ms")};
}

// The founding table's curve, up to 32, and one point of an earlier run.
inline v1::Curve sample_curve() {
  struct Row {
    int limit;
    double in_flight, throughput, p99, elasticity;
  };
  v1::Curve curve;
  for (const auto& [limit, in_flight, throughput, p99, elasticity] :
       {Row{4, 4, 400, 10, 0}, Row{8, 7.9, 600, 15, 0.6}, Row{16, 15.9, 700, 30, 0.22},
        Row{32, 31.8, 720, 80, 0.04}, Row{64, 63, 500, 250, 0}}) {
    auto& point = *curve.add_points();
    point.set_limit(limit);
    point.set_in_flight(in_flight);
    point.set_throughput(throughput);
    point.set_p50_ms(in_flight / throughput * 1000);
    point.set_p99_ms(p99);
    point.set_elasticity(elasticity);
    point.set_samples(500);
    point.set_unix_time_ms(1700000000000 + limit * 1000);
    point.set_stale(limit == 64);
  }
  curve.set_sweet_spot(8);
  curve.set_low(4);
  curve.set_high(16);
  curve.set_confidence(0.97);
  curve.set_reason("plateau");
  curve.set_sentence(
      "8: doubling from 8 to 16 brought +17 % throughput for +101 % in flight "
      "(elasticity 0.22 < 0.32), p99 15 → 30 ms");
  curve.set_objective("balanced");
  curve.set_e_star(0.32);
  curve.set_held_limit(8);
  return curve;
}

inline v1::Diagnosis sample_diagnosis() {
  v1::Diagnosis diagnosis;
  const auto add = [&](const char* check, const char* level, const char* sentence) {
    auto& finding = *diagnosis.add_findings();
    finding.set_check(check);
    finding.set_level(level);
    finding.set_sentence(sentence);
  };
  add("clock", "ok", "reading the clock costs 24 ns (clock source tsc), without a system call");
  add("bounds", "warning", "the limit goes from 1 to 1000, and so on");
  add("upstream", "problem", "127.0.0.1:8000 cannot be reached: Connection refused");
  return diagnosis;
}

}  // namespace sweetspot::ctl
