"""What admission costs, and what it is worth. Called by `./dev bench admission`.

  bench.py --bin FOLDER [--seed N] [--json FILE] [--peers LIST] [--seconds N] [--only PART]

First what a permit costs, beside std::counting_semaphore and a mutex with a queue. Then four times
as much demand as a blocking backend can serve, in two classes, through the sidecar, and through each
peer beside it. Then what clients that hardly read leave to the others. Exits with 1 and a line `MISSED name target measured` for each target that does not
hold.
"""

import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

from overload import Overload  # noqa: E402
from processes import Sweetspot  # noqa: E402
from slow_readers import beside_slow_readers  # noqa: E402

# What, in which unit, the most it may take.
COSTS = {
    "pair/limiter/real_time/threads:1": ("uncontended_ns", 25),
    "pair/limiter/real_time/threads:2": ("two_threads_ns", 150),
    "handover/limiter": ("handover_ns", 300),
    "resize/10000_waiters/iterations:50": ("resize_10000_ns", 1_000_000),
}
# What stands beside it in the same run.
PEERS = {
    "pair/limiter/real_time/threads:1": "pair/mutex_and_queue/real_time/threads:1",
    "pair/limiter/real_time/threads:2": "pair/mutex_and_queue/real_time/threads:2",
    "handover/limiter": "handover/mutex_and_queue",
}


class Targets:
    def __init__(self):
        self.missed = 0

    def check(self, name, holds, target, measured):
        self.missed += not holds
        print(f"{'held  ' if holds else 'MISSED'} {name} {target} {measured}")


def costs(binary, targets):
    """Medians in nanoseconds, of runs that take turns."""
    done = subprocess.run(
        [binary, "--benchmark_format=json", "--benchmark_min_time=0.1", "--benchmark_repetitions=5",
         "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=true"],
        check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout)["benchmarks"]
    medians = {row["run_name"]: row["real_time"] for row in rows if row["aggregate_name"] == "median"}
    print(f"{'median of 5':<44}{'ns':>12}")
    for name, ns in sorted(medians.items()):
        print(f"{name:<44}{ns:>12.1f}")
    for ours, peer in PEERS.items():
        print(f"{ours} over {peer}: {medians[ours] / medians[peer]:.2f}")
    for name, (target, most) in COSTS.items():
        targets.check(target, medians[name] <= most, f"<={most}", f"{medians[name]:.1f}")
    return medians


def overload(given, targets):
    run = Overload(Sweetspot(given.bin), given.seed, given.seconds)
    found = {"capacity": run.capacity(), "sweetspot": run.ours()}
    for peer in filter(None, given.peers.split(",")):
        found[peer] = run.peer(peer)
    run.show(found)
    ours = found["sweetspot"]
    goodput = ours["goodput"] / found["capacity"]["throughput"]
    targets.check("goodput_over_capacity", goodput >= 0.95, ">=0.95", f"{goodput:.3f}")
    most = run.queue_target_ms + 2 * found["capacity"]["p99_ms"]
    slowest = max(each["p99_ms"] for each in ours["classes"].values())
    targets.check("p99_of_admitted_ms", slowest <= most, f"<={most:.1f}", f"{slowest:.1f}")
    high = ours["classes"]["high"]
    targets.check("high_class_shed", high["shed"] < 0.01, "<0.01", f"{high['shed']:.4f}")
    ratio = high["p99_ms"] / ours["high_alone"]["p99_ms"]
    targets.check("high_class_p99_over_no_overload", ratio <= 1.5, "<=1.50", f"{ratio:.2f}")
    targets.check("shed_answer_after_decision_p99_ms", ours["shed_after_ms"]["p99"] <= 5, "<=5",
                  f"{ours['shed_after_ms']['p99']:.3f}")
    targets.check("permits_and_queue_after", ours["left_over"] == 0, "0", str(ours["left_over"]))
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", required=True)
    options.add_argument("--seed", type=int, default=1, help="of the arrivals and of the service times")
    options.add_argument("--json", metavar="FILE")
    options.add_argument("--peers", default="haproxy", help="of the overload run; those of the costs are built in")
    options.add_argument("--seconds", type=int, default=10, help="each measured load lasts so long")
    options.add_argument("--only", choices=["costs", "overload", "readers"])
    given = options.parse_args()

    targets, results = Targets(), {}
    if given.only in (None, "costs"):
        results["medians_ns"] = costs(f"{given.bin}/bench_admission", targets)
    if given.only in (None, "overload"):
        results["overload"] = overload(given, targets)
    if given.only in (None, "readers"):
        results["readers"] = found = beside_slow_readers(Sweetspot(given.bin), given.seconds)
        targets.check("goodput_beside_slow_readers", found["ratio"] >= 0.90, ">=0.90", f"{found['ratio']:.3f}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
