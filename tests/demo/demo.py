"""Shows Sweetspot finding the sweet spot of a blocking backend, under 1000 clients.

First the clients drive the backend directly, then through the sidecar, which starts at a given
limit and doubles. Everything runs on loopback and is stopped at the end. Standard output ends with
one line: `sweet spot: 8 (balanced)`.
"""

import argparse
import json
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from processes import Failed, Program, Sweetspot  # noqa: E402

CLIENTS = 1000
UNBOUNDED_SECONDS = 15
SETTLE_SECONDS = 50     # by then it must hold
HOLD_SECONDS = 11       # measured at one held limit; the status looks back on 10
KEEP_SECONDS = 600      # how long the clients go on with --keep
HEADER = f"{'limit':>6} {'in-flight':>10} {'ops/s':>7} {'p50 ms':>8} {'p99 ms':>8} {'threads':>8}  verdict"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--objective", choices=["balanced", "throughput"], default="balanced")
    parser.add_argument("--start", type=int, default=1, metavar="N", help="start at this limit (1)")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--keep", action="store_true", help="leave all running and print the addresses")
    options = parser.parse_args()
    if not 1 <= options.start <= 1000:
        parser.error(f"--start {options.start}: allowed is 1 to 1000")
    return options


def threads_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("Threads:")[1].split()[0])


def measure_unbounded(sweetspot, backend):
    """The clients straight at the backend: what a load tool reports, and the peak of its threads."""
    peak = 0
    with sweetspot.load("run", f"http://{backend.ready['listen']}/", "-c", str(CLIENTS),
                        "-z", f"{UNBOUNDED_SECONDS}s", "--output", "json") as load:
        while load.process.poll() is None:
            peak = max(peak, threads_of(backend.pid))
            time.sleep(0.2)
        report = report_of(load)
    return {"limit": None, "throughput": report["throughput"], "p99_ms": report["p99_ms"], "threads": peak}


def report_of(load):
    """The JSON report of a load run that has ended or is ending."""
    if load.wait() != 0:
        raise Failed(f"the clients failed: {load.errors()}")
    load._reader.join(5)
    return json.loads("\n".join(load.lines))


def events_of(watch, deadline):
    """The sidecar's statuses and verdicts as they arrive."""
    seen = 0
    while time.monotonic() < deadline:
        with watch._arrived:
            if seen == len(watch.lines):
                watch._arrived.wait(0.5)
            fresh = watch.lines[seen:]
        seen += len(fresh)
        for line in fresh:
            yield json.loads(line)
        if not fresh and watch.process.poll() is not None:
            raise Failed(f"the control API went away: {watch.errors()}")


def row(verdict, threads):
    """One line of the live table: the arm that was on trial, and what was decided."""
    arm = verdict.get("hi") if verdict["to"] >= verdict["from"] else verdict.get("lo")
    arm = arm or verdict.get("hi") or verdict.get("lo")
    figures = " " * 36 + f"{threads:>8}"
    if arm:
        figures = (f"{arm['in_flight']:>10.1f} {arm['throughput']:>7.0f} {arm['p50_ms']:>8.1f} "
                   f"{arm['p99_ms']:>8.1f} {threads:>8}")
    limit = arm["limit"] if arm else verdict["to"]
    return f"{limit:>6} {figures}  {verdict['sentence']}"


def watch_it_settle(watch, backend):
    """Prints each verdict until one limit was held for HOLD_SECONDS; returns what was seen."""
    steps, held = [], Hold()
    deadline = time.monotonic() + SETTLE_SECONDS + HOLD_SECONDS
    for event in events_of(watch, deadline):
        threads = threads_of(backend.pid)
        if "verdict" in event:
            verdict = event["verdict"]
            if verdict["from"] != verdict["to"] or not held.settled:
                print(row(verdict, threads), flush=True)
            steps.append({**verdict, "threads": threads})
        else:
            held.see(event["status"], threads)
            if held.seconds() >= HOLD_SECONDS:
                return steps, held
    raise Failed(f"no limit was held for {HOLD_SECONDS} s within {SETTLE_SECONDS + HOLD_SECONDS} s")


class Hold:
    """What is seen while one limit is held, probes included."""

    SETTLED = ("hold", "probe")

    def __init__(self):
        self.limit, self.since, self.settled = None, None, False
        self.at_limit_since = None
        self.threads = self.threads_with_probes = 0

    def see(self, status, threads):
        now = time.monotonic()
        self.status = status
        self.settled = status["state"] in self.SETTLED
        if not self.settled or status["held_limit"] != self.limit:
            self.limit = status["held_limit"] if self.settled else None
            self.since = self.at_limit_since = now if self.settled else None
            self.threads = self.threads_with_probes = 0
        if not self.settled:
            return
        if status["limit"] != self.limit:
            self.at_limit_since = None  # a probe: its threads leave some time after it
        elif self.at_limit_since is None:
            self.at_limit_since = now
        if now - self.since > 1:
            self.threads_with_probes = max(self.threads_with_probes, threads)
            if self.at_limit_since and now - self.at_limit_since > 1:
                self.threads = max(self.threads, threads)

    def seconds(self):
        return time.monotonic() - self.since if self.settled else 0

    def figures(self):
        return {"limit": self.limit, "throughput": self.status["throughput"],
                "p99_ms": self.status["p99_ms"], "p99_without_probes_ms": self.status["held_p99_ms"],
                "threads": self.threads, "threads_with_probes": self.threads_with_probes}


def side_by_side(unbounded, held):
    rows = [("", "unbounded", f"limit {held['limit']}"),
            ("throughput, requests/s", f"{unbounded['throughput']:.0f}", f"{held['throughput']:.0f}"),
            ("p99 at the backend, ms", f"{unbounded['p99_ms']:.1f}", f"{held['p99_ms']:.1f}"),
            ("  without the tuner's probes", "", f"{held['p99_without_probes_ms']:.1f}"),
            ("backend threads", f"{unbounded['threads']}", f"{held['threads']}"),
            ("  the tuner's probes included", "", f"{held['threads_with_probes']}")]
    for name, left, right in rows:
        print(f"  {name:<30} {left:>10} {right:>10}")
    print(f"  {held['throughput'] / unbounded['throughput']:.0%} of the throughput "
          f"with {held['threads'] / unbounded['threads']:.1%} of the threads")


def demo(options):
    sweetspot = Sweetspot(options.bin)
    running = []

    def started(program):
        running.append(program)
        return program

    try:
        backend = started(sweetspot.backend("--model", "disk"))
        print(f"A blocking backend, one thread a connection, in front of a simulated disk. {CLIENTS} clients.\n")
        print(f"1. Unbounded: the clients straight at the backend, {UNBOUNDED_SECONDS} s", flush=True)
        unbounded = measure_unbounded(sweetspot, backend)
        print(f"   {unbounded['throughput']:.0f} requests/s, p99 {unbounded['p99_ms']:.0f} ms, "
              f"{unbounded['threads']} backend threads\n")

        sidecar = started(sweetspot.sidecar(
            backend.ready["listen"], "--limit.initial", str(options.start), "--queue.size", "2000",
            "--queue.timeout", "10s", "--tuner.objective", options.objective,
            "--backend.pid", str(backend.pid), "--drain.delay", "0s"))
        print(f"2. The same clients through Sweetspot, objective {options.objective}, from limit {options.start}")
        print(f"   Watch it live: http://{sidecar.ready['admin']}/\n")
        print(HEADER, flush=True)
        load = started(sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", str(CLIENTS),
                                      "-z", f"{KEEP_SECONDS}s", "--output", "json"))
        watch = started(Program([sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"],
                                 "watch", "-o", "json", "--interval", "100ms"]))
        steps, hold = watch_it_settle(watch, backend)
        held = hold.figures()
        if not options.keep:
            load.send_signal(signal.SIGINT)
            report = report_of(load)
            if set(report["status"]) != {"200"} or any(report["errors"].values()):
                raise Failed(f"requests were lost: {report['status']} {report['errors']}")
        decided = next((s for s in reversed(steps) if s["from"] != s["to"]), steps[-1])

        print(f"\n3. Held at {held['limit']} for {HOLD_SECONDS} s")
        side_by_side(unbounded, held)
        print(f"\n{decided['sentence']}")
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(
                {"objective": options.objective, "start": options.start, "unbounded": unbounded, "held": held,
                 "steps": steps, "verdict": decided}, indent=1) + "\n")
        if options.keep:
            print(f"\nStill running for {KEEP_SECONDS // 60} minutes: " +
                  " ".join(f"{k}=http://{v}" for k, v in sidecar.ready.items()) +
                  f" backend=http://{backend.ready['listen']}\nto stop: kill " +
                  " ".join(str(p.pid) for p in (load, sidecar, backend)))
            running = [watch]
        print(f"sweet spot: {held['limit']} ({options.objective})", flush=True)
    finally:
        for program in reversed(running):
            program.stop()


def main():
    try:
        demo(arguments())
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
