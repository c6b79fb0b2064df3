"""Ten minutes of hold before the simulated disk, live: what users see of the tuner's probes.

    hold.py --bin build/release/bin [--seconds 600]

In the middle a process spins on one core for 10 s, which must not be taken for a knee. Then the same at
half load, where the tuner must not climb. What was seen is read from the sidecar's own recording, which
must replay to the same verdicts. Exit 0 where every target holds, else 1 with a line `MISSED name
target measured` for each that does not.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from processes import Failed, Sweetspot, until  # noqa: E402

KNEE = 8                 # of the disk, objective balanced
SPIN_SECONDS = 10
SETTLED_AFTER = 120      # seconds without a change, from which probes serve 1 % at most
PER_OCTAVE = 64          # buckets of the tuner's histogram
SPIN = "import time\nend = time.monotonic() + %d\nwhile time.monotonic() < end: pass"


def milliseconds(bucket):
    return (1 << bucket // PER_OCTAVE) * (1 + bucket % PER_OCTAVE / PER_OCTAVE) / 1000


def quantile(counts, q):
    rank, seen = q * sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return milliseconds(bucket)
    return 0.0


class Seen:
    """What a recording says: windows by their limit, verdicts, and the limit held meanwhile."""

    def __init__(self, path):
        self.all, self.at_held = collections.Counter(), collections.Counter()
        self.settled_all, self.settled_at_held = collections.Counter(), collections.Counter()
        self.held, self.limits = [], set()
        held = changed = None
        for line in path.read_text().splitlines():
            fields = line.split(" ")
            if fields[0] == "v":
                at, to = int(fields[1]), int(fields[4])
                if to != held:
                    held, changed = to, at
                    self.held.append((at, to))
            elif fields[0] == "w" and held is not None:
                self.limits.add(int(fields[2]))
                self.count(fields, held, int(fields[1]) - changed > SETTLED_AFTER * 1e9)

    def count(self, fields, held, settled):
        latency = collections.Counter()
        for pair in fields[13:]:
            bucket, count = pair.split(":")
            latency[int(bucket)] += int(count)
        at_held = int(fields[2]) == held
        for counter, counts in ((self.all, True), (self.at_held, at_held), (self.settled_all, settled),
                                (self.settled_at_held, settled and at_held)):
            if counts:
                counter.update(latency)


def hold(sweetspot, folder, seconds, start, load_flags):
    """Holds a limit for so long under a load; returns what the recording says of it."""
    recording = folder / f"windows-{start}-{len(load_flags)}"
    with sweetspot.backend("--model", "disk") as backend, sweetspot.sidecar(
            backend.ready["listen"], "--limit.initial", str(start), "--queue.size", "2000", "--queue.timeout",
            "10s", "--drain.delay", "0s", "--recording.file", str(recording), "--recording.max_size",
            "1024MiB") as sidecar:
        with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", *load_flags, "-z", f"{seconds}s",
                            "--output", "json") as load:
            time.sleep(seconds / 2)
            subprocess.run([sys.executable, "-c", SPIN % SPIN_SECONDS], check=True)
            load.wait(seconds + 60)
        until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 0, what="the end of the load")
        sidecar.stop()
    replay = subprocess.run([sweetspot.folder / "sweetspotctl", "replay", recording],
                            capture_output=True, text=True, timeout=600)
    print(f"  recording {recording.stat().st_size / 1e6:.1f} MB, replayed: {replay.stdout.splitlines()[-1:]}")
    if replay.returncode != 0:
        raise Failed(f"the recording does not replay: {replay.stderr}")
    return Seen(recording)


def under_full_load(sweetspot, folder, seconds):
    seen = hold(sweetspot, folder, seconds, 1, ["-c", "1000"])
    begin = seen.held[0][0]
    path = ", ".join(f"{limit} at {(at - begin) / 1e9:.1f} s" for at, limit in seen.held)
    print(f"  limits held: {path}")
    figures = {}
    for name, every, held in (("whole", seen.all, seen.at_held),
                              ("settled", seen.settled_all, seen.settled_at_held)):
        figures[f"p99_{name}"] = ratio = quantile(every, 0.99) / max(quantile(held, 0.99), 1e-9)
        print(f"  {name}: p99 {quantile(every, 0.99):.1f} ms with probes, {quantile(held, 0.99):.1f} ms without: "
              f"{ratio:.3f}")
    figures["held_at_the_end"] = seen.held[-1][1]
    figures["changes_after_60_s"] = sum((at - begin) / 1e9 > 60 for at, _ in seen.held)
    return figures


def under_half_load(sweetspot, folder, seconds):
    seen = hold(sweetspot, folder, seconds, KNEE, ["-c", "200", "--rate", "300"])
    print(f"  limits in force: {sorted(seen.limits)}")
    return {"largest_at_half_load": max(seen.limits)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seconds", type=int, default=600, help="of each hold (600)")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    sweetspot = Sweetspot(options.bin)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{options.seconds} s of 1000 clients, then as long at half load", flush=True)
        figures = under_full_load(sweetspot, pathlib.Path(folder), options.seconds)
        figures |= under_half_load(sweetspot, pathlib.Path(folder), options.seconds)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")
    misses = [f"{name} {sign}{target} {figures[name]:.3g}" for name, sign, target, holds in (
        ("p99_settled", "<=", 1.1, figures["p99_settled"] <= 1.1),
        ("held_at_the_end", "=", KNEE, figures["held_at_the_end"] == KNEE),
        ("changes_after_60_s", "=", 0, figures["changes_after_60_s"] == 0),
        ("largest_at_half_load", "<=", KNEE, figures["largest_at_half_load"] <= KNEE)) if not holds]
    for miss in misses:
        print(f"MISSED hold/{miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"hold: {failure}", file=sys.stderr)
        sys.exit(2)
