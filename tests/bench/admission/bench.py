"""What admission costs, against its targets. Called by `./dev bench admission`.

Exits with 1 and a line `MISSED name target measured` for each target that does not hold."""

import argparse
import json
import subprocess
import sys

# What, in which unit, the most it may take.
TARGETS = {
    "pair/limiter/real_time/threads:1": ("uncontended_ns", 25),
    "pair/limiter/real_time/threads:2": ("two_threads_ns", 150),
    "handover/limiter": ("handover_ns", 300),
    "resize/10000_waiters/iterations:50": ("resize_10000_ns", 1_000_000),
}


def measure(binary):
    done = subprocess.run(
        [binary, "--benchmark_format=json", "--benchmark_min_time=0.1", "--benchmark_repetitions=5",
         "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=true"],
        check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout)["benchmarks"]
    return {row["run_name"]: row["real_time"] for row in rows if row["aggregate_name"] == "median"}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bin", required=True)
    options.add_argument("--seed", type=int, default=1, help="of nothing yet: these runs draw no numbers")
    options.add_argument("--json", metavar="FILE")
    options.add_argument("--peers", default="", help="none: the peers are in the binary")
    given = options.parse_args()

    medians = measure(f"{given.bin}/bench_admission")
    print(f"{'median of 5':<44}{'ns':>12}")
    for name, ns in sorted(medians.items()):
        print(f"{name:<44}{ns:>12.1f}")
    missed = 0
    for name, (target, most) in TARGETS.items():
        if medians[name] > most:
            missed += 1
            print(f"MISSED {target} {most} {medians[name]:.1f}")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"medians_ns": medians, "targets": {t: m for t, m in TARGETS.values()}}, file, indent=1)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
