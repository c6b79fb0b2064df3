"""What the proxy costs beside HAProxy, nginx, Envoy and a relay that looks at nothing; see README.md.

  main.py --bin FOLDER [--peers LIST] [--seed N] [--json FILE] [--rounds N] [--only LIST]
"""

import argparse
import contextlib
import json
import pathlib
import random
import resource
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import contestants  # noqa: E402
import measure  # noqa: E402
from paired import Rounds, summary  # noqa: E402

# name: path, connections, requests of a run, further flags, whether it saturates, target against HAProxy
CASES = {
    "get_32": ("/small", 32, 30000, (), False, 0.90),
    "get_256": ("/small", 256, 30000, (), True, 0.75),
    "get_16k": ("/large", 32, 20000, (), False, 0.80),
    "post_4k": ("/post", 32, 20000, ("-m", "POST", "-D", "BODY"), False, 1.00),
}
PEER_TARGETS = {"nginx": 1.0, "envoy": 0.5}
OURS = ("sweetspot", "sweetspot again")


class Targets:
    def __init__(self):
        self.lines, self.missed = [], 0

    def check(self, name, holds, target, measured):
        self.missed += not holds
        self.lines.append(f"{'held  ' if holds else 'MISSED'} {name} {target} {measured}")
        print(self.lines[-1], flush=True)


class Benchmark:
    def __init__(self, options, folder, upstream, peers):
        self.options, self.peers, self.targets, self.results = options, peers, Targets(), {}
        self.start = contestants.Contestants(folder, options.bin, upstream)
        self.load = measure.Load(options.bin)
        self.random = random.Random(options.seed)
        self.upstream = upstream
        self.body = folder / "body.bin"
        self.body.write_bytes(b"x" * 4096)

    def rounds(self, count=None):
        return Rounds(count or self.options.rounds, self.random, self.options.tolerate)

    def cost(self, running, path, connections, requests, flags=()):
        address, pid = running
        flags = [str(self.body) if flag == "BODY" else flag for flag in flags]
        return lambda: measure.cpu_per_request(self.load, pid, address, path, requests, "-c", connections, *flags)

    def cpu(self):
        """CPU time a request, as paired ratios: ours to each peer, ours to itself, and the relay's."""
        for case, (path, connections, requests, flags, saturates, target) in CASES.items():
            with contextlib.ExitStack() as stack:
                running = {name: stack.enter_context(self.start.sweetspot()) for name in OURS}
                running["relay"] = stack.enter_context(self.start.relay())
                for peer in self.peers:
                    running[peer] = stack.enter_context(getattr(self.start, peer)(saturates))
                measures = {name: self.cost(one, path, connections, requests, flags) for name, one in running.items()}
                for one in running.values():  # connections, caches, memory
                    self.cost(one, path, connections, 2000, flags)()
                rounds = self.rounds().take(measures)
            self.tell_cpu(case, rounds, list(running), target)

    def tell_cpu(self, case, rounds, names, haproxy_target):
        if not rounds.is_enough():
            return self.targets.check(f"cpu_{case}", False, "undisturbed", rounds.verdict())
        same = rounds.ratio(OURS[1:], OURS[0])
        result = self.results[f"cpu_{case}"] = {
            "rejected_rounds": rounds.rejected, "aa": same,
            "microseconds": {name: summary(rounds.of(name)) for name in names},
            "ratio": {name: rounds.ratio(OURS, name) for name in names if name not in OURS}}
        print(f"\n{case}: {rounds.verdict()}")
        print(f"  {'':16} {'µs/request':>10} {'95 % interval':>16} {'ours/theirs':>12} {'95 % interval':>16}")
        for name in names:
            own, ratio = result["microseconds"][name], result["ratio"].get(name)
            text = f"{ratio['median']:12.3f} {ratio['low']:8.3f} {ratio['high']:7.3f}" if ratio else ""
            print(f"  {name:16} {own['median']:10.2f} {own['low']:8.2f} {own['high']:7.2f} {text}")
        print(f"  A/A {same['median']:.3f} ({same['low']:.3f} to {same['high']:.3f})")
        for peer in self.peers:
            most = PEER_TARGETS.get(peer, haproxy_target)
            found = result["ratio"][peer]["median"]
            self.targets.check(f"cpu_{case}_over_{peer}", found <= most and abs(same["median"] - 1) <= 0.05, f"<={most:.2f}",
                               f"{found:.3f} (A/A {same['median']:.3f})")

    def growth(self):
        """The cost of a request must not grow with what was served before, nor with who is idle."""
        def compare(name, first, second, most, requests=(20000, 20000)):
            measures = {"first": self.cost(first, "/small", 32, requests[0]),
                        "second": self.cost(second, "/small", 32, requests[1])}
            rounds = self.rounds(5).take(measures)
            if not rounds.is_enough():
                return self.targets.check(name, False, f"<={most:.2f}", rounds.verdict())
            found = self.results[name] = rounds.ratio(["second"], "first")
            self.targets.check(name, found["median"] <= most, f"<={most:.2f}",
                               f"{found['median']:.3f} ({found['low']:.3f} to {found['high']:.3f})")

        with self.start.sweetspot() as one, self.start.sweetspot() as other:
            compare("cost_of_four_times_the_requests", one, other, 1.05, requests=(10000, 40000))
            with measure.idle_connections(other[0], 8000):
                compare("cost_beside_8000_idle", one, other, 1.10)

    def queue(self):
        """What a longer queue costs. Ten times as many clients leave ten times as many sockets of the kernel's
        out of its caches, whoever serves them: so the growth is held against HAProxy's with the same clients."""
        few, many, limit = 108, 1008, 8
        if "haproxy" not in self.peers:
            return print("queue: not compared, for want of haproxy")
        with contextlib.ExitStack() as stack:
            measures = {}
            for name, start in (("ours", lambda: self.start.sweetspot(limit=limit)),
                                ("theirs", lambda: self.start.haproxy(True, limit=limit))):
                for clients in (few, many):
                    cost = self.cost(stack.enter_context(start()), "/small", clients, 20000)
                    cost()  # connections, caches, memory
                    measures[f"{name}_{clients}"] = cost
            rounds = self.rounds().take(measures)
        name = "growth_with_1000_queued_over_haproxy"
        if not rounds.is_enough():
            return self.targets.check(name, False, "<=1.10", rounds.verdict())
        own, theirs = (rounds.ratio([f"{who}_{many}"], f"{who}_{few}") for who in ("ours", "theirs"))
        found = summary([one[f"ours_{many}"] / one[f"ours_{few}"] / (one[f"theirs_{many}"] / one[f"theirs_{few}"])
                         for one in rounds.taken])
        self.results[name] = {"ratio": found, "ours": own, "haproxy": theirs}
        self.targets.check(name, found["median"] <= 1.10, "<=1.10",
                           f"{found['median']:.3f} ({found['low']:.3f} to {found['high']:.3f}; "
                           f"ours {own['median']:.2f}, haproxy {theirs['median']:.2f})")

    def counts(self):
        found = self.results["instructions_per_request"] = measure.instructions_per_request(self.start.sweetspot, self.load, 32)
        self.targets.check("instructions_per_request", bool(found) and found <= 10000, "<=10000",
                           f"{found:.0f}" if found else "not measured: no valgrind")
        for connections, most in ((1, 8.0), (32, 6.5)):
            with self.start.sweetspot() as (address, pid):
                found = measure.calls_per_request(self.load, pid, address, connections)
            name = f"system_calls_at_{connections}"
            self.results[name] = found
            self.targets.check(name, bool(found) and found[0] <= most, f"<={most}",
                               f"{found[0]:.2f}" if found else "not measured: strace cannot attach")
            if found:
                self.targets.check(f"sends_at_{connections}", found[1] <= 2.02, "<=2.02", f"{found[1]:.3f}")

    def latency(self):
        """What the proxy adds to the latency of the origin alone, beside what HAProxy adds."""
        if "haproxy" not in self.peers:
            return print("latency: not compared, for want of haproxy")
        for name, flags in (("1_connection", ("-c", 1)), ("5000_a_second", ("-c", 64, "--rate", 5000))):
            with contextlib.ExitStack() as stack:
                running = {one: stack.enter_context(self.start.sweetspot()) for one in OURS}
                running["haproxy"] = stack.enter_context(self.start.haproxy(False))
                running["origin"] = (self.upstream, None)
                rounds = self.rounds().take({one: self.percentiles(where, flags) for one, where in running.items()})
            self.tell_latency(name, rounds)

    def percentiles(self, running, flags):
        address, pid = running

        def run():
            before = measure.spent(pid)[1] if pid else 0
            report = self.load(address, "/small", "-z", "1s", "--warm-up", "200ms", *flags)
            after = measure.spent(pid)[1] if pid else 0
            return (report["p50_ms"], report["p99_ms"]), (after - before) / 1.2e9
        return run

    def tell_latency(self, name, rounds):
        if not rounds.is_enough():
            return self.targets.check(f"added_latency_{name}", False, "undisturbed", rounds.verdict())
        for i, quantile in enumerate(("p50", "p99")):
            def added(one, who):
                return statistics.mean(one[w][i] for w in who) - one["origin"][i]
            ours = summary([1000 * added(one, OURS) for one in rounds.taken])
            theirs = summary([1000 * added(one, ["haproxy"]) for one in rounds.taken])
            again = summary([one[OURS[1]][i] / one[OURS[0]][i] for one in rounds.taken])
            self.results[f"added_{quantile}_{name}"] = {"ours_us": ours, "haproxy_us": theirs, "aa": again,
                                                        "rejected_rounds": rounds.rejected}
            most = 1.10 * theirs["median"]
            self.targets.check(f"added_{quantile}_{name}", ours["median"] <= most, f"<={most:.0f}us",
                               f"{ours['median']:.0f}us (haproxy {theirs['median']:.0f}us, A/A {again['median']:.3f})")

    def memory(self, count=10000):
        with self.start.sweetspot() as (address, pid):
            self.load(address, "/small", "-n", 2000, "-c", 64)
            before = measure.settled(pid)
            with measure.idle_connections(address, count):
                each = self.results["bytes_an_idle_connection"] = (measure.settled(pid) - before) / count
        self.targets.check("bytes_an_idle_connection", each <= 4096, "<=4096", f"{each:.0f}")


PARTS = ("cpu", "counts", "latency", "memory", "growth", "queue")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench proxy")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", help="where the figures go, besides the table")
    parser.add_argument("--peers", default="haproxy,nginx,envoy", help="comma-separated; default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of the order within the rounds")
    parser.add_argument("--rounds", type=int, default=7, help="undisturbed ones of each comparison; at least 3")
    parser.add_argument("--tolerate", type=float, default=0.03, metavar="SHARE",
                        help="of the time in which a run may be kept from its core; default %(default)s")
    parser.add_argument("--only", default=",".join(PARTS), help="comma-separated; default %(default)s")
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only: found {','.join(unknown)}, allowed: {','.join(PARTS)}")
    if options.rounds < 3:
        parser.error("--rounds: at least 3")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    peers, absent = contestants.available([peer for peer in options.peers.split(",") if peer])
    for line in absent:
        print(line)
    print(f"proxies on CPU {contestants.PROXY_CPU}, load on {contestants.LOAD_CPU}, origin on {contestants.ORIGIN_CPU}; "
          f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as name, contestants.origin(pathlib.Path(name)) as upstream:
        benchmark = Benchmark(options, pathlib.Path(name), upstream, peers)
        for part in parts:
            getattr(benchmark, part)()
    if options.json:
        benchmark.results["absent_peers"] = absent
        benchmark.results["targets"] = benchmark.targets.lines
        pathlib.Path(options.json).write_text(json.dumps(benchmark.results, indent=2) + "\n")
    sys.exit(1 if benchmark.targets.missed else 0)


if __name__ == "__main__":
    main()
