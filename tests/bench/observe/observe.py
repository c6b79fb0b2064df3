"""What it costs to be watched: metrics, scrapes, the access log, the page and its viewers.

  observe.py --bin FOLDER [--json FILE] [--rounds N] [--seconds N]

Costs of the access log are CPU of the sidecar a request, in pairs taken in turn; they count where the
A/A pair of the same run lies within 5 %. Instructions come from callgrind: the difference of two
runs of different length, so that start and end do not count.
"""

import argparse
import contextlib
import gzip
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

from processes import ROOT, Sweetspot, cpu_seconds, nginx, until  # noqa: E402

CONNECTIONS = 32
VIEWERS = 10
QUIET = ("--tuner.algorithm", "fixed", "--limit.initial", "64")  # no experiment disturbs a pair


def instructions(argv):
    """What callgrind counts of a program that ends by itself."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *map(str, argv)],
                              capture_output=True, text=True, timeout=300)
        return int(re.search(r"Collected\s*:\s*(\d+)", done.stderr)[1])


def metrics_instructions(folder):
    few, many = 1000, 101000
    each = {kind: instructions([folder / "bench_recorder", many, kind]) - instructions([folder / "bench_recorder", few, kind])
            for kind in ("with", "without")}
    return (each["with"] - each["without"]) / (many - few)


def proxied_instructions(sweetspot, origin, *flags):
    """User instructions of a whole sidecar, all its threads, for a request."""
    counted = []
    few, many = 1000, 5000
    for requests in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            sidecar = sweetspot.sidecar(origin, *QUIET, *flags, timeout=120,
                                        under=("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"))
            with sidecar:
                sweetspot.run_load(f"http://{sidecar.ready['proxy']}/small", "-n", str(requests), "-c", "8", timeout=300)
                sidecar.stop(timeout=120)
            counted.append(int(re.search(r"Collected\s*:\s*(\d+)", sidecar.errors())[1]))
    return (counted[1] - counted[0]) / (many - few)


def metrics(sidecar):
    """Sums over the labels, by name."""
    admin, sums = http.client.HTTPConnection(sidecar.ready["admin"], timeout=10), {}
    admin.request("GET", "/metrics")
    for name, value in re.findall(r"^(\w+)(?:{.*})? (\S+)$", admin.getresponse().read().decode(), re.M):
        sums[name] = sums.get(name, 0) + float(value)
    return sums


class Lines:
    """How many lines a growing file has; each byte is read once."""

    def __init__(self, path):
        self.file, self.count = open(path, "rb"), 0

    def now(self):
        while part := self.file.read(1 << 20):
            self.count += part.count(b"\n")
        return self.count


def cpu_a_request(sweetspot, sidecar, seconds, lines=None):
    before = cpu_seconds(sidecar.pid)
    report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/small", "-z", f"{seconds}s", "-c", str(CONNECTIONS))
    until(lambda: metrics(sidecar)["sweetspot_in_flight"] == 0)
    sums = metrics(sidecar)
    if lines:  # what is written later belongs to it, too
        logged = sums["sweetspot_requests_total"] - sums["sweetspot_access_log_dropped_total"]
        until(lambda: lines.now() >= logged, 20, "a line in the log for each request")
    return (cpu_seconds(sidecar.pid) - before) / report["requests"] * 1e6


def access_log_pairs(sweetspot, origin, rounds, seconds):
    with tempfile.TemporaryDirectory() as folder, sweetspot.sidecar(origin, *QUIET) as plain, \
            sweetspot.sidecar(origin, *QUIET) as same, \
            sweetspot.sidecar(origin, *QUIET, "--access_log.file", f"{folder}/log") as logging:
        lines = Lines(f"{folder}/log")
        rows = [[cpu_a_request(sweetspot, plain, seconds), cpu_a_request(sweetspot, logging, seconds, lines),
                 cpu_a_request(sweetspot, same, seconds)] for _ in range(rounds)]
        dropped = metrics(logging)["sweetspot_access_log_dropped_total"]
    median = statistics.median
    return {"plain_us": median(row[0] for row in rows), "logging_us": median(row[1] for row in rows),
            "ratio": median(2 * row[1] / (row[0] + row[2]) for row in rows),
            "aa": median(row[2] / row[0] for row in rows),
            "dropped": int(dropped)}


def scrapes(sidecar, count=200):
    admin = http.client.HTTPConnection(sidecar.ready["admin"], timeout=10)
    took, size = [], 0
    for _ in range(count):
        start = time.perf_counter()
        admin.request("GET", "/metrics")
        size = len(admin.getresponse().read())
        took.append(1e3 * (time.perf_counter() - start))
    return {"median_ms": statistics.median(took), "p95_ms": sorted(took)[int(0.95 * count)], "bytes": size}


@contextlib.contextmanager
def watched(sidecar, viewers):
    """So many viewers of the live feed, who read all that comes."""
    connections = [http.client.HTTPConnection(sidecar.ready["admin"], timeout=60) for _ in range(viewers)]
    streams, got = [], [0] * viewers

    def read(i):
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while chunk := streams[i].read1(65536):
                got[i] += len(chunk)
    for connection in connections:
        connection.request("GET", "/events")
        streams.append(connection.getresponse())
    readers = [threading.Thread(target=read, args=(i,), daemon=True) for i in range(viewers)]
    for reader in readers:
        reader.start()
    until(lambda: all(got), 20, "a first message for each viewer")
    yield got
    for stream in streams:
        stream.close()


def share_of_a_core(sidecar, seconds):
    before, start = cpu_seconds(sidecar.pid), time.perf_counter()
    time.sleep(seconds)
    return (cpu_seconds(sidecar.pid) - before) / (time.perf_counter() - start)


def viewers_cost(sweetspot, seconds, rounds):
    """Share of a core for ten viewers, beside the same sidecar without any, both at rest but for the page."""
    with sweetspot.backend("--model", "disk") as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--limit.initial", "1") as sidecar:
        sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-z", "12s", "-c", "64")  # verdicts to tell of
        differences = []
        for _ in range(rounds):
            alone = share_of_a_core(sidecar, seconds)
            with watched(sidecar, VIEWERS):
                differences.append(share_of_a_core(sidecar, seconds) - alone)
    return statistics.median(differences)


def page_bytes(sidecar):
    """The page as a browser gets it, every file compressed as a server in front would."""
    admin, total = http.client.HTTPConnection(sidecar.ready["admin"], timeout=10), 0

    def fetch(path):
        admin.request("GET", path)
        return admin.getresponse().read()
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        body = fetch(path)
        total += len(gzip.compress(body))
        todo += re.findall(r'(?:href|src|from)\s*=?\s*"(/[\w.]*\.(?:js|css|svg))"', body.decode())
    return total


class Targets:
    def __init__(self):
        self.missed = []

    def at_most(self, name, target, measured, counts=True):
        holds = counts and measured <= target
        print(f"{'held  ' if holds else 'MISSED'} {name} {target} {measured:.4g}{'' if counts else ' (its A/A pair does not hold)'}")
        if not holds:
            self.missed.append(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--json")
    parser.add_argument("--seed", type=int, help="nothing here is drawn; for the sake of the other benchmarks' options")
    parser.add_argument("--peers", help="as --seed: it is compared with nobody but itself")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    sweetspot = Sweetspot(given.bin)

    results = {"metrics_instructions": metrics_instructions(sweetspot.folder)}
    with nginx() as origin:
        with tempfile.TemporaryDirectory() as folder:
            results["instructions"] = {
                "plain": proxied_instructions(sweetspot, origin),
                "access_log": proxied_instructions(sweetspot, origin, "--access_log.file", f"{folder}/log")}
        results["access_log"] = access_log_pairs(sweetspot, origin, given.rounds, given.seconds)
        with sweetspot.sidecar(origin) as sidecar:
            results["page_bytes"] = page_bytes(sidecar)
            with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/small", "-z", "30s", "-c", "32"):
                results["scrape"] = scrapes(sidecar)
    results["viewers_share"] = viewers_cost(sweetspot, given.seconds, 3)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))

    targets, log = Targets(), results["access_log"]
    targets.at_most("metrics_instructions", 100, results["metrics_instructions"])
    targets.at_most("access_log_cpu_ratio", 1.10, log["ratio"], 0.95 <= log["aa"] <= 1.05)
    targets.at_most("access_log_dropped", 0, log["dropped"])
    targets.at_most("scrape_ms", 2, results["scrape"]["median_ms"])
    targets.at_most("scrape_bytes", 40000, results["scrape"]["bytes"])
    targets.at_most("page_bytes", 150000, results["page_bytes"])
    targets.at_most("ten_viewers_share_of_a_core", 0.02, results["viewers_share"])
    return 1 if targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
