"""Four times the demand that a blocking backend can serve, on real sockets."""

import contextlib
import json
import pathlib
import tempfile
import urllib.request

from processes import Program, answers, free_port, until

PARALLELISM = 8
SERVICE = "10ms"
QUEUE_TARGET_MS = 50
NOMINAL = PARALLELISM / 0.010  # requests a second, were timers exact
OVERLOAD = 4
HIGH_SHARE = 0.2  # of the demand
HIGH = ("-H", "x-class: high")

SIDECAR = f"""
limit: {{pin: {PARALLELISM}}}
queue: {{size: 1000, timeout: 1s, discipline: adaptive, codel_target: {QUEUE_TARGET_MS}ms}}
classes: [high priority=10 share=99]
rules: [class=high header=x-class:high]
drain: {{delay: 0s}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout queue {target}ms
frontend in
  bind 127.0.0.1:{port}
  http-request set-priority-class int(-10) if {{ hdr(x-class) high }}
  default_backend out
backend out
  http-reuse always
  server one {upstream} maxconn {parallelism}
"""


class Overload:
    queue_target_ms = QUEUE_TARGET_MS

    def __init__(self, sweetspot, seed, seconds):
        self.sweetspot, self.seed, self.seconds = sweetspot, seed, seconds

    def backend(self):
        return self.sweetspot.backend("--model", "sleep", "--service-time", SERVICE,
                                      "--parallelism", str(PARALLELISM), "--seed", str(self.seed))

    def load(self, address, *flags):
        return self.sweetspot.load("run", f"http://{address}/", "-z", f"{self.seconds}s", "--warm-up", "2s",
                                   "--output", "json", *flags)

    def report(self, load):
        load.wait(self.seconds + 30)
        load._reader.join(5)
        return json.loads("\n".join(load.lines))

    def arriving(self, address, rate, *flags):
        """An open loop of strangers, on enough connections for all who may wait."""
        return self.load(address, "--rate", f"{rate:.0f}", "--arrivals", "poisson", "--seed", str(self.seed),
                         "-c", "400", *flags)

    def capacity(self):
        """What the backend does with just as many clients as it serves at once."""
        with self.backend() as backend, self.load(backend.ready["listen"], "-c", str(PARALLELISM)) as load:
            report = self.report(load)
        return {"throughput": report["throughput"], "p99_ms": report["p99_ms"]}

    def both(self, address):
        demand = OVERLOAD * NOMINAL
        with self.arriving(address, demand * HIGH_SHARE, *HIGH) as high, \
                self.arriving(address, demand * (1 - HIGH_SHARE)) as low:
            reports = {"high": self.report(high), "default": self.report(low)}
        classes = {name: figures(report) for name, report in reports.items()}
        return {"goodput": sum(each["throughput"] for each in classes.values()), "classes": classes}

    def ours(self):
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "sidecar.yaml").write_text(SIDECAR)
            backend = stack.enter_context(self.backend())
            sidecar = stack.enter_context(self.sweetspot.sidecar(
                backend.ready["listen"], "--config", folder / "sidecar.yaml",
                "--access_log.file", folder / "access.log"))
            address = sidecar.ready["proxy"]
            with self.arriving(address, OVERLOAD * NOMINAL * HIGH_SHARE, *HIGH) as alone:
                high_alone = figures(self.report(alone))
            found = self.both(address)
            found["high_alone"] = high_alone
            control = sidecar.ready["control"]

            def left_over():
                status = self.sweetspot.status(control)
                return status["in_flight"] + status["queued"]

            with contextlib.suppress(Exception):
                until(lambda: left_over() == 0, timeout=5)
            found["left_over"] = left_over()
            found["backend_peak_in_flight"] = stats(backend)["peak_in_flight"]
            sidecar.stop()
            found["shed_after_ms"] = shed_delays(folder / "access.log")
        return found

    def peer(self, name):
        if name != "haproxy":
            raise SystemExit(f"no such peer: {name} (haproxy)")
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            backend = stack.enter_context(self.backend())
            port = free_port()
            (folder / "haproxy.cfg").write_text(HAPROXY.format(
                port=port, upstream=backend.ready["listen"], target=QUEUE_TARGET_MS, parallelism=PARALLELISM))
            stack.enter_context(Program(["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]))
            until(lambda: answers(port), what="haproxy")
            found = self.both(f"127.0.0.1:{port}")
            found["backend_peak_in_flight"] = stats(backend)["peak_in_flight"]
        return found

    def show(self, found):
        capacity = found["capacity"]
        print(f"\n{OVERLOAD} times the demand, {100 * HIGH_SHARE:.0f} % of it of class high; capacity "
              f"{capacity['throughput']:.0f}/s at p99 {capacity['p99_ms']:.1f} ms, queue target {QUEUE_TARGET_MS} ms")
        head = f"{'through':<12}{'class':<12}{'asked/s':>9}{'served/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'shed':>8}{'failed':>8}"
        print(head)
        rows = [("sweetspot", "high alone", found["sweetspot"]["high_alone"])]
        for name, each in found.items():
            if name != "capacity":
                rows += [(name, cls, row) for cls, row in each["classes"].items()]
        for name, cls, row in rows:
            print(f"{name:<12}{cls:<12}{row['asked']:>9.0f}{row['throughput']:>10.0f}{row['p50_ms']:>9.1f}"
                  f"{row['p99_ms']:>9.1f}{100 * row['shed']:>7.1f}%{100 * row['failed']:>7.1f}%")
        for name, each in found.items():
            if name != "capacity":
                print(f"{name}: goodput {each['goodput'] / capacity['throughput']:.3f} of capacity, at most "
                      f"{each['backend_peak_in_flight']} in flight at the backend")
        after = found["sweetspot"]["shed_after_ms"]
        print(f"sweetspot: {after['count']} shed answers left after the decision in p50 {after['p50']:.3f} ms, "
              f"p99 {after['p99']:.3f} ms, at most {after['max']:.3f} ms")


def figures(report):
    """Of one load: shed are answers 503 and 429, failed is whatever else was no success."""
    all_in = report["requests"] or 1
    shed = sum(report["status"].get(status, 0) for status in ("503", "429"))
    open_loop = report["open_loop"]
    lost = open_loop["dropped"] + open_loop["unsent"]
    failed = all_in - report["successes"] - shed + lost
    return {"asked": (all_in + lost) / report["duration_s"], "throughput": report["throughput"],
            "p50_ms": report["p50_ms"], "p99_ms": report["p99_ms"], "shed": shed / (all_in + lost),
            "failed": failed / (all_in + lost), "late": open_loop["late"], "waited": open_loop["waited"]}


def shed_delays(log):
    """From the decision to shed to the answer's last byte, by the access log."""
    reasons = {"queue_full", "queue_timeout", "codel", "deadline"}
    delays = []
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["ending"] in reasons:
                delays.append(entry["total_ms"] - entry["queue_ms"])
    delays.sort()
    at = lambda share: delays[min(len(delays) - 1, int(share * len(delays)))] if delays else float("inf")
    return {"count": len(delays), "p50": at(0.5), "p99": at(0.99), "max": at(1)}


def stats(backend):
    return json.load(urllib.request.urlopen(f"http://{backend.ready['listen']}/stats", timeout=10))
