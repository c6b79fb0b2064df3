"""How good the load tool is: what a request costs it, and whether what it says is true.

  loadgen.py --bin FOLDER [--json FILE] [--peers LIST] [--rounds N] [--seed N]

Client and server each have a core of their own where there are two. Ratios are medians of pairs
taken in turn; they count where the A/A pair of the same run lies within 5 %.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import curves  # noqa: E402
import stalls  # noqa: E402
from processes import Sweetspot, nginx  # noqa: E402

CPUS = sorted(os.sched_getaffinity(0))
CONNECTIONS = 64


def on_cpu(number):
    return lambda: os.sched_setaffinity(0, {CPUS[number % len(CPUS)]})


def spent(argv):
    """The output of a client pinned to the first core, and the CPU seconds that it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, preexec_fn=on_cpu(0),
                          env={**os.environ, "GOMAXPROCS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{argv[0]} ended with {done.returncode}: {done.stderr}{done.stdout[-300:]}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Clients:
    def __init__(self, sweetspot, url, seconds):
        self.tool, self.url, self.seconds = sweetspot.folder / "sweetspot-load", url, seconds

    def ours(self):
        out, cpu = spent([self.tool, "run", self.url, "-c", CONNECTIONS, "-z", f"{self.seconds}s", "--output", "json"])
        report = json.loads(out)
        return cpu / report["requests"], report["throughput"], report

    def wrk(self):
        out, cpu = spent(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds}s", self.url])
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        return cpu / requests, float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), None

    def hey(self):
        out, cpu = spent(["hey", "-c", CONNECTIONS, "-z", f"{self.seconds}s", self.url])
        requests = sum(int(n) for n in re.findall(r"\[\d+\]\s+(\d+) responses", out))
        return cpu / requests, float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), None


def paired(clients, peer, rounds):
    """Ratios of ours to the peer's CPU per request, and of ours to itself, in turns."""
    to_peer, to_self, ours_us, peer_us, rates, littles = [], [], [], [], [], []
    for _ in range(rounds):
        first, rate, report = clients.ours()
        other, peer_rate, _ = getattr(clients, peer)()
        second, _, _ = clients.ours()
        to_peer.append((first + second) / 2 / other)
        to_self.append(second / first)
        ours_us.append(1e6 * first)
        peer_us.append(1e6 * other)
        rates.append(rate / peer_rate)
        littles.append(report["in_flight"] / CONNECTIONS)
    median = statistics.median
    return {"ratio": median(to_peer), "aa": median(to_self), "ours_us": median(ours_us), "peer_us": median(peer_us),
            "throughput_ratio": median(rates), "littles_law": median(littles)}


def memory_growth(sweetspot, url, short, long):
    """The peak of resident memory after many requests over that after few."""
    peaks = []
    for requests in (short, long):
        code = ("import resource,subprocess,sys;"
                "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run([sys.executable, "-c", code, str(sweetspot.folder / "sweetspot-load"), "run", url,
                               "-c", str(CONNECTIONS), "-n", str(requests), "--output", "json"],
                              capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    return peaks


def open_loop(sweetspot, url, rounds, seconds):
    """Late sends, and in turn with them those of a loop that does nothing but look at the clock.

    What the machine itself takes away, no client can give back: to be read beside the late sends.
    """
    ours = [sweetspot.folder / "sweetspot-load", "run", url, "-c", 256, "--rate", 20000, "-z", f"{seconds}s",
            "--output", "json"]
    bare = [sweetspot.folder / "bench_pacing", 20000, seconds]
    loops, controls = [], []
    for _ in range(rounds):
        controls.append(json.loads(spent(bare)[0]))
        loops.append(json.loads(spent(ours)[0])["open_loop"])
    controls.append(json.loads(spent(bare)[0]))

    def share(runs):
        return sum(run["late"] for run in runs) / max(sum(run["sent"] for run in runs), 1)
    return {"late_share": share(loops), "bare_loop_late_share": share(controls),
            **{key: sum(loop[key] for loop in loops) for key in ("sent", "late", "waited", "dropped", "unsent")}}


class Targets:
    def __init__(self):
        self.missed, self.held = [], 0

    def check(self, name, holds, target, measured):
        if holds:
            self.held += 1
            print(f"held   {name} {target} {measured}")
        else:
            self.missed.append(name)
            print(f"MISSED {name} {target} {measured}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--json")
    parser.add_argument("--peers", default="wrk,hey")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000_000, help="of the long run of the memory test")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated curves and the schedules beside stalls")
    options = parser.parse_args()
    sweetspot = Sweetspot(options.bin)
    results, targets = {}, Targets()
    os.environ.pop("http_proxy", None)
    with nginx() as address:
        pin_server()
        url = f"http://{address}/small"
        clients = Clients(sweetspot, url, options.seconds)
        clients.ours()
        limits = {"wrk": 1.3, "hey": 1 / 2.5}
        for peer in options.peers.split(","):
            found = results[peer] = paired(clients, peer, options.rounds)
            targets.check(f"cpu_per_request_over_{peer}",
                          found["ratio"] <= limits[peer] and abs(found["aa"] - 1) <= 0.05,
                          f"<={limits[peer]:.2f}", f"{found['ratio']:.2f} (A/A {found['aa']:.2f})")
            targets.check(f"littles_law_beside_{peer}", 0.95 <= found["littles_law"] <= 1.05, "0.95..1.05",
                          f"{found['littles_law']:.3f}")
        found = results["open_loop"] = open_loop(sweetspot, url, options.rounds, options.seconds)
        targets.check("late_sends_at_20000", found["late_share"] < 0.001, "<0.001",
                      f"{found['late_share']:.5f} (a bare loop on the same core: {found['bare_loop_late_share']:.5f})")
        short, long = results["memory_kib"] = memory_growth(sweetspot, url, 100_000, options.requests)
        targets.check(f"memory_from_1e5_to_{options.requests:.0e}_requests", long <= 1.05 * short, "<=1.05",
                      f"{long / short:.3f}")
    found = results["stalls"] = stalls.compared(sweetspot, 20, options.seed)
    ratio = found["ours"]["p99"] / found["definition"]["p99"]
    targets.check("corrected_p99_over_wrk2s_definition", abs(ratio - 1) <= 0.05, "0.95..1.05", f"{ratio:.3f}")
    for noise, least in ((0.03, 0.95), (0.10, None)):
        found = results[f"curves_{noise:g}"] = curves.scored(
            sweetspot.folder / "sweetspot-load", noise, options.seed)
        if least:
            targets.check("knees_within_1.25_at_3_percent", found["within_1.25"] >= least, f">={least}",
                          f"{found['within_1.25']:.3f}")
        targets.check(f"wrong_and_sure_knees_at_{noise:.0%}", found["doubled_and_sure"] == 0, "0",
                      str(found["doubled_and_sure"]))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(1 if targets.missed else 0)


def pin_server():
    """Moves nginx, master and worker, to the last core."""
    for status in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            parent = int(re.search(r"PPid:\s+(\d+)", (status.parent / "status").read_text()).group(1))
            name = (status.parent / "comm").read_text().strip()
        except OSError:
            continue
        if name != "nginx" or not serves(status.parent.name, parent):
            continue
        os.sched_setaffinity(int(status.parent.name), {CPUS[-1]})


def serves(pid, parent):
    """Whether an nginx is a child of this process, or a child of one."""
    own = os.getpid()
    if parent == own:
        return True
    try:
        text = pathlib.Path(f"/proc/{parent}/status").read_text()
    except OSError:
        return False
    return int(re.search(r"PPid:\s+(\d+)", text).group(1)) == own


if __name__ == "__main__":
    main()
