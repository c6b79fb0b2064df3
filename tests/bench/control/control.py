"""What the control plane costs, and how fast it answers.

  control.py --bin FOLDER [--json FILE] [--seed N] [--rounds N] [--seconds N]

The sidecar has the last core for itself; backend, load and callers share the first one. The proxy's
p99 is compared in many short turns, without and with callers, who then yield to the load on their core:
what is measured is the proxy. It counts where the A/A figure of the same run lies within 5 %: every
second turn without callers over the others. Beside the calls that ask the tuner stand one that is refused
before (what gRPC itself takes) and a byte that goes to a thread on the sidecar's core and back (what two
wake-ups take on this machine).
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import grpc  # noqa: E402

from processes import Sweetspot, cpu_seconds, nginx  # noqa: E402
from stubs import generate  # noqa: E402

CPUS = sorted(os.sched_getaffinity(0))
SELDOM = 50  # calls a second
TURN = 1  # second, of what is compared in turn


def task_files(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            yield (task / name).read_text()
        except OSError:
            pass


def voluntary_switches(pid):
    return sum(int(line.split()[1]) for text in task_files(pid, "status") for line in text.splitlines()
               if line.startswith("voluntary_ctxt_switches"))


def threads(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/task").iterdir()))


def yield_to_others():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def median(values):
    return statistics.median(values)


class Flood:
    """Asks for the status without a pause; the callers' own time bounds how often."""

    def __init__(self, control, request):
        self.control, self.request, self.calls, self.ended = control, request, 0, threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.ended.is_set():
            for call in [self.control.GetStatus.future(self.request, timeout=10) for _ in range(32)]:
                call.exception()  # waits; a refusal is an answer
                self.calls += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class Bench:
    def __init__(self, sweetspot, upstream, stubs):
        self.sweetspot, self.upstream = sweetspot, upstream
        self.messages, self.services = stubs
        self.missed, self.figures = [], {}

    def sidecar(self, *flags):
        sidecar = self.sweetspot.sidecar(self.upstream, *flags,
                                         preexec=lambda: os.sched_setaffinity(0, {CPUS[-1]}))
        return sidecar

    def hold(self, name, measured, target, digits=3):
        measured = round(measured, digits)
        self.figures[name] = {"measured": measured, "target": target}
        print(f"{name:34} {measured:>10}  target {target}", flush=True)
        if measured > target:
            self.missed.append(f"MISSED {name} {target} {measured}")

    def note(self, name, measured):
        self.figures[name] = measured
        print(f"{name:34} {measured:>10}", flush=True)

    def idle(self, seconds):
        with self.sidecar() as sidecar:
            time.sleep(2)  # the start is over
            before = voluntary_switches(sidecar.pid)
            time.sleep(seconds)
            self.hold("idle_voluntary_switches_a_second", (voluntary_switches(sidecar.pid) - before) / seconds, 10, 1)

    def watchers(self, count, seconds):
        with self.sidecar() as sidecar:
            time.sleep(2)
            alone = threads(sidecar.pid)
            channels = [grpc.insecure_channel(sidecar.ready["control"], options=[("grpc.use_local_subchannel_pool", 1)])
                        for _ in range(10)]
            request = self.messages.WatchRequest(status_interval_ms=1000)
            streams = [self.services.ControlStub(channels[i % 10]).Watch(request) for i in range(count)]
            for stream in streams:
                next(stream)  # the status at once: it is there
            before, most = cpu_seconds(sidecar.pid), threads(sidecar.pid)
            begin = time.monotonic()
            for _ in range(seconds):
                time.sleep(1)
                most = max(most, threads(sidecar.pid))
            spent = (cpu_seconds(sidecar.pid) - before) / (time.monotonic() - begin)
            arrived = [sum(1 for _ in zip(range(seconds - 1), stream)) for stream in streams[:: max(1, count // 50)]]
            self.note("watchers_least_statuses_each", min(arrived))
            for stream in streams:
                stream.cancel()
            for channel in channels:
                channel.close()
            self.hold("watchers_percent_of_a_core", 100 * spent, 5, 2)
            self.hold("watchers_more_threads", most - alone, 4)

    def pins(self, count):
        with self.sidecar() as sidecar, grpc.insecure_channel(sidecar.ready["control"]) as channel:
            control, took = self.services.ControlStub(channel), []
            for i in range(count):
                begin = time.monotonic()
                status = control.SetLimit(self.messages.SetLimitRequest(limit=10 + i % 20), timeout=10)
                took.append(1e3 * (time.monotonic() - begin))
                assert status.limit == 10 + i % 20
                time.sleep(0.005)
            self.note("pin_ms_p50", round(median(took), 3))
            self.hold("pin_ms_p99", sorted(took)[int(0.99 * (count - 1))], 10)

    def busy(self, rounds, seconds):
        """Status calls beside a proxy that keeps half a core busy, and what else could be slow about them."""
        with self.sidecar("--limit.pin", "64") as sidecar:
            control, rate = sidecar.ready["control"], self.rate_for_half_a_core(sidecar)
            with self.calls("status", control, 400, seconds) as often:  # wide awake
                self.load(sidecar, rate, seconds)
            self.hold("status_ms_p50", often["p50_ms"], 1)
            self.note("status_ms_p99", often["p99_ms"])
            begin, before = time.monotonic(), cpu_seconds(sidecar.pid)
            with self.calls("status", control, SELDOM, seconds) as seldom:
                self.load(sidecar, rate, seconds)
            self.note("busy_share_of_a_core", round((cpu_seconds(sidecar.pid) - before) / (time.monotonic() - begin), 3))
            self.hold(f"status_ms_p50_at_{SELDOM}_a_second", seldom["p50_ms"], 1)
            for kind, where in (("refused", control), ("echo", CPUS[-1])):
                with self.calls(kind, where, SELDOM, seconds) as answered:
                    self.load(sidecar, rate, seconds)
                self.note(f"{kind}_ms_p50_at_{SELDOM}_a_second", answered["p50_ms"])
            self.compare_p99(sidecar, control, rate, rounds)

    def compare_p99(self, sidecar, control, rate, rounds):
        alone, beside = [self.p99(sidecar, rate, TURN)], []
        for _ in range(rounds):
            with self.calls("status", control, SELDOM, TURN, preexec=yield_to_others):
                beside.append(self.p99(sidecar, rate, TURN))
            alone.append(self.p99(sidecar, rate, TURN))
        # Medians of all turns: p99s are skewed, so that a turn over the mean of its neighbours is not 1 in the median.
        aa = median(alone[1::2]) / median(alone[::2])
        self.note("proxy_p99_ms", round(median(alone), 3))
        self.note("proxy_p99_a_a", round(aa, 3))
        self.hold("proxy_p99_with_to_without", median(beside) / median(alone), 1.05)
        if abs(aa - 1) > 0.05:
            self.missed.append(f"MISSED proxy_p99_a_a 1±0.05 {aa:.3f}")

    @contextlib.contextmanager
    def calls(self, kind, where, rate, seconds, preexec=None):
        """Calls at a steady rate by a warm C++ client on this core; yields what fills with how long they took."""
        answered = {}
        argv = [self.sweetspot.folder / "bench_calls", kind, str(where), str(rate), str(seconds)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, preexec_fn=preexec) as caller:
            yield answered
            answered.update(json.loads(caller.communicate()[0]))

    def flood(self, rounds, seconds):
        """The proxy's p99 while callers ask as fast as they can; what is beyond 1000 a second is refused."""
        with self.sidecar("--limit.pin", "64") as sidecar, grpc.insecure_channel(sidecar.ready["control"]) as channel:
            control, ratios, calls = self.services.ControlStub(channel), [], 0
            for _ in range(rounds):
                first = self.p99(sidecar, 3000, seconds)
                with Flood(control, self.messages.GetStatusRequest()) as flood:
                    beside = self.p99(sidecar, 3000, seconds)
                ratios.append(beside / ((first + self.p99(sidecar, 3000, seconds)) / 2))
                calls += flood.calls
            self.note("flood_calls_a_second", round(calls / rounds / seconds))
            self.note("flood_proxy_p99_with_to_without", round(median(ratios), 3))

    def load(self, sidecar, rate, seconds):
        # Two threads, since one that has 10,000 sends a second stays awake, and would keep the callers off the core.
        return self.sweetspot.run_load(f"http://{sidecar.ready['proxy']}/small", "-c", "32", "-z", f"{seconds}s",
                                       "--rate", str(rate), "--threads", "2")

    def rate_for_half_a_core(self, sidecar):
        rate = 2000
        for _ in range(2):  # what a request costs falls with their rate
            before, begin = cpu_seconds(sidecar.pid), time.monotonic()
            self.load(sidecar, rate, 3)
            share = (cpu_seconds(sidecar.pid) - before) / (time.monotonic() - begin)
            rate = int(min(12000, rate * 0.5 / max(share, 0.01)))
        self.note("requests_a_second", rate)
        return rate

    def p99(self, sidecar, rate, seconds):
        return self.load(sidecar, rate, seconds)["p99_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--json")
    parser.add_argument("--seed", type=int, default=0, help="accepted as by every benchmark; nothing here is drawn")
    parser.add_argument("--peers", help="likewise: there is nobody to compare with")
    parser.add_argument("--rounds", type=int, default=100, help="of the proxy's p99 without and with callers")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    options = parser.parse_args()
    os.sched_setaffinity(0, {CPUS[0]})
    with tempfile.TemporaryDirectory() as folder, nginx() as upstream:
        bench = Bench(Sweetspot(options.bin), upstream, generate(folder, "sweetspot/v1/control")[0])
        bench.idle(options.seconds)
        bench.watchers(1000, options.seconds)
        bench.pins(300)
        bench.busy(options.rounds, options.seconds)
        bench.flood(2, options.seconds)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.figures, indent=1))
    print("\n".join(bench.missed))
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
