"""Hours of traffic and accidents: nothing may grow, drift or leak.

    soak.py --bin FOLDER --seconds N [--seed S]

Half of the time the load is half of what the backend can do, half of the time twice as much. Faults are
drawn at random from the seed, which is printed, with good times between them. It fails (exit 1) where
a permit is lost, memory or descriptors grow, the limit leaves the backend's knee, goodput or p99 in good
times wanders, or a client waits for ever. Goodput and p99 are judged beside those of a witness without a
sidecar (world.py): what the machine does to both is no fault.
"""

import argparse
import contextlib
import json
import pathlib
import random
import statistics
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parents[1] / "support")]

import clients  # noqa: E402
from processes import Failed, Sweetspot, until  # noqa: E402
from test_faults import CASES  # noqa: E402
from world import PARALLELISM, Site  # noqa: E402

GOOD = 4.0    # seconds of good times between faults
BROKEN = 1.0  # how long each fault lasts


def phase(site, seconds, draw, count):
    """Load of `count` clients with faults in between; what was measured in the good times."""
    site.clients = clients.Clients(site.sidecar.ready["proxy"], count)
    measured = []
    ends = time.monotonic() + seconds
    with site.clients:
        while time.monotonic() < ends:
            measured.append(good_times(site))
            name = draw.choice(sorted(CASES))
            with CASES[name][0](site):
                time.sleep(BROKEN)
    until(lambda: (s := site.status())["in_flight"] == 0 and s["queued"] == 0, what="permits and queue at zero")
    return measured


def good_times(site):
    """Figures of the second half of some good seconds, when what was broken is over."""
    time.sleep(GOOD / 2)
    since = time.monotonic()
    time.sleep(GOOD / 2)
    latencies, own = (times_since(of, since) for of in (site.clients, site.witness.clients))
    if not latencies:
        raise Failed("no request succeeded in good times")
    return {"goodput": len(latencies) / (GOOD / 2), "p99": percentile(latencies),
            "witness": len(own) / (GOOD / 2), "witness p99": percentile(own),
            "limit": site.status()["held_limit"], "memory": site.memory(), "descriptors": site.descriptors()}


def times_since(of, moment):
    """How long each answer with 200 took; what was before is forgotten."""
    answers = list(of.answers)
    of.answers.clear()
    return sorted(a.seconds for a in answers if a.at >= moment and a.status == 200)


def percentile(of):
    return of[int(len(of) * 0.99)] if of else 0.0


def judge(name, measured):
    """What is wrong with a phase's figures, first third against last."""
    third = max(1, len(measured) // 3)
    first, last = measured[:third], measured[-third:]

    def middle(of, key):
        return statistics.median(m[key] for m in of)

    def beside_witness(of, key, witness):
        return statistics.median(m[key] / m[witness] for m in of if m[witness])

    limits = [m["limit"] for m in measured]
    print(f"{name}: {len(measured)} spans, goodput {middle(first, 'goodput'):.0f} -> {middle(last, 'goodput'):.0f}/s, "
          f"p99 {middle(first, 'p99') * 1e3:.0f} -> {middle(last, 'p99') * 1e3:.0f} ms, limit {min(limits)} to "
          f"{max(limits)}, memory {middle(first, 'memory') / 2**20:.1f} -> {middle(last, 'memory') / 2**20:.1f} MiB, "
          f"descriptors {middle(first, 'descriptors'):.0f} -> {middle(last, 'descriptors'):.0f}", flush=True)
    wrong = []
    if middle(last, "memory") > middle(first, "memory") * 1.1 + 2 * 2**20:
        wrong.append("memory grows")
    if middle(last, "descriptors") > middle(first, "descriptors") + 8:
        wrong.append("descriptors leak")
    if beside_witness(last, "goodput", "witness") < 0.9 * beside_witness(first, "goodput", "witness"):
        wrong.append("goodput falls")
    if middle(last, "p99") > 2 * middle(first, "p99") and \
            beside_witness(last, "p99", "witness p99") > 2 * beside_witness(first, "p99", "witness p99"):
        wrong.append("p99 wanders")
    if max(limits) > 4 * PARALLELISM or min(limits) < PARALLELISM // 4:
        wrong.append("the limit left the knee")
    return [f"{name}: {w}" for w in wrong]


def print_decisions(path):
    """The changes of the limit, to see what led to it."""
    for line in path.read_text().splitlines():
        decision = json.loads(line)
        if decision.get("from") != decision.get("to"):
            print(decision.get("sentence", line))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"soak of {options.seconds:.0f} s, seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        site = Site(Sweetspot(options.bin), pathlib.Path(folder), stack)
        wrong = []
        for name, count in (("half the capacity", PARALLELISM // 2), ("twice the capacity", 2 * PARALLELISM)):
            wrong += judge(name, phase(site, options.seconds / 2, draw, count))
        if site.metric("sweetspot_permits_leaked_total") != 0:
            wrong.append("permits leaked")
        if site.sidecar.stop() != 0:
            wrong.append("the sidecar did not end well: " + site.sidecar.errors()[-2000:])
        if wrong:
            print_decisions(pathlib.Path(folder, "decisions"))
    for line in wrong:
        print("FAILED " + line)
    print("soak: " + ("failed" if wrong else "passed"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
