"""Servers that block, as Debian has them, at three times what they can do: where the sidecar settles,
what gets through, and what users wait, beside the best limit that a person could have set and beside
no sidecar at all. It measures; test_real_backends.py judges."""

import contextlib
import dataclasses
import threading
import time

import servers

OVERLOAD = 3
QUEUE_TIMEOUT = "500ms"
CONNECTIONS = "600"
SPIN = """end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass"""


@dataclasses.dataclass
class Backend:
    """A server whose `workers` block for `pause` seconds a request; `knee`: how many are worth having."""
    title: str
    workers: int
    pause: float
    spins: bool = False  # it computes instead of sleeping

    @property
    def name(self):
        return f"{self.title}, {self.workers} x {self.pause * 1e3:.0f} ms" + (" of CPU" if self.spins else "")

    @property
    def edits(self):
        """What its recipe says instead: how many workers, and how long a request takes."""
        pause, n = f"{self.pause:g}", str(self.workers)
        sleeps = [("time.sleep(0.005)", SPIN.format(seconds=pause) if self.spins else f"time.sleep({pause})")]
        return {
            "gunicorn with threads": [("--threads 16", f"--threads {n}"), *sleeps],
            "gunicorn with sync workers": [("--workers 4", f"--workers {n}"), *sleeps],
            "PHP-FPM behind nginx": [("max_children = 8", f"max_children = {n}"),
                                     ("usleep(5000)", f"usleep({round(self.pause * 1e6)})")],
            "Tomcat": [('maxThreads="16" minSpareThreads="16"', f'maxThreads="{n}" minSpareThreads="{n}"'),
                       ("Thread.sleep(5)", f"Thread.sleep({round(self.pause * 1e3)})")],
            # Its threads are without bound; what they share, as connections to a database, is not.
            "A threaded Python server": [("import time\n", "import threading\nimport time\n"),
                                         ("class Handler", f"shared = threading.BoundedSemaphore({n})\n\n\nclass Handler"),
                                         ("        time.sleep(0.005)", f"        with shared:\n            time.sleep({pause})")],
        }[self.title]


@dataclasses.dataclass
class Outcome:
    """What one backend showed. Goodput in successes a second, p99 of successes in milliseconds."""
    settling: list        # the held limit from the start of the load, as (seconds, limit)
    limits: list          # held, some times a second, while it was measured
    goodput: float
    curve: dict           # goodput of each static limit
    p99: float
    p99_without: float
    last_verdict: str

    @property
    def limit(self):
        return sorted(self.limits)[len(self.limits) // 2]

    @property
    def best_limit(self):
        return max(self.curve, key=self.curve.get)

    @property
    def best(self):
        return self.curve[self.best_limit]

    @property
    def measured_knee(self):
        """The smallest static limit that gives 95 % of what the best one gives."""
        return min(limit for limit, goodput in self.curve.items() if goodput >= 0.95 * self.best)

    def settled(self, knee):
        """Seconds from the start of the load until it was near this knee for good."""
        return max((at for at, limit in self.settling if not is_near(limit, knee)), default=0.0)


def is_near(limit, knee):
    return knee / 2 <= limit <= knee * 2


class Trial:
    """One backend with a sidecar before it, under its load."""

    def __init__(self, sweetspot, backend, knee, port, sidecar):
        self.sweetspot, self.backend, self.knee, self.port, self.sidecar = sweetspot, backend, knee, port, sidecar
        self.capacity = knee / backend.pause
        self.began = time.monotonic()

    def load(self, address, seconds, warm_up=0.0):
        return self.sweetspot.run_load(
            f"http://{address}/", "--rate", f"{OVERLOAD * self.capacity:.0f}", "-c", CONNECTIONS,
            "-z", f"{seconds:g}s", "--warm-up", f"{warm_up:g}s", "--timeout", "10s", timeout=60 + seconds + warm_up)

    def through(self, seconds, warm_up=0.0):
        return self.load(self.sidecar.ready["proxy"], seconds, warm_up)

    def pin(self, limit):
        self.sweetspot.ctl(self.sidecar.ready["control"], "pin", str(limit))

    def unpin(self):
        self.sweetspot.ctl(self.sidecar.ready["control"], "unpin")

    def pinned(self, limit, seconds):
        """Goodput of a limit that stays."""
        self.pin(limit)
        return self.through(seconds, warm_up=1)["throughput"]

    def goodput(self, seconds):
        """Of the load that runs already, as the sidecar counts it."""
        before, since = self.successes(), time.monotonic()
        time.sleep(seconds)  # a rate is counted over a span
        return (self.successes() - before) / (time.monotonic() - since)

    def successes(self):
        return self.sidecar.metric("sweetspot_requests_total", outcome="success")

    def status(self):
        return self.sweetspot.status(self.sidecar.ready["control"])


@contextlib.contextmanager
def trial(sweetspot, folder, backend, knee=None):
    flags = ["--tuner.objective", "throughput", "--queue.timeout", QUEUE_TIMEOUT, "--limit.max", "256",
             "--drain.delay", "0s", "--decisions.file", folder / "decisions"]
    with servers.running(backend.title, folder, backend.edits) as port, \
            sweetspot.sidecar(f"127.0.0.1:{port}", *flags) as sidecar:
        yield Trial(sweetspot, backend, knee or backend.workers, port, sidecar)


@contextlib.contextmanager
def limits_of(trial):
    """(when, held limit), twice a second while inside."""
    seen, over = [], threading.Event()

    def look():
        while not over.wait(0.5):
            seen.append((time.monotonic() - trial.began, trial.status()["held_limit"]))
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield seen
    over.set()
    thread.join(10)


def measure(trial, settle=20.0, seconds=6.0):
    """The tuned sidecar first, from a cold start; then static limits about the knee; then no sidecar."""
    trial.began = time.monotonic()
    with limits_of(trial) as seen:
        trial.through(settle)
        settling = len(seen)
        tuned = trial.through(seconds, warm_up=0.5)
    verdict = trial.status()["last_verdict"]["sentence"]
    limits = [max(1, trial.knee // 2), trial.knee, 2 * trial.knee]
    while limits[-1] < trial.backend.workers:
        limits.append(2 * limits[-1])
    curve = {limit: trial.pinned(limit, seconds / 2) for limit in limits}
    without = trial.load(f"127.0.0.1:{trial.port}", seconds, warm_up=0.5)
    return Outcome(seen, [limit for _, limit in seen[settling:]], tuned["throughput"], curve, tuned["p99_ms"],
                   without["p99_ms"], verdict)
