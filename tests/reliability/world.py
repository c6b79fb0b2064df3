"""What every fault is shown on: a backend, a relay that can misbehave, the sidecar, and clients; and
what must hold once it is over."""

import json
import os
import pathlib
import signal
import time
import urllib.request

from clients import Clients
from processes import free_port, until
from relay import Relay

CLIENTS = 12
RECOVERY = 2.0  # seconds until goodput must be back


class Site:
    """A backend, the relay before it, the sidecar, and clients; what a case may break."""

    def __init__(self, sweetspot, folder, stack, *flags, **sidecar_options):
        self.sweetspot = sweetspot
        self.port = free_port()
        self.backend = None
        self.start_backend()
        stack.callback(lambda: self.backend.stop(signal.SIGKILL))
        self.relay = stack.enter_context(Relay(("127.0.0.1", self.port)))
        self.flags = ["--limit.initial", "8", "--limit.max", "64", "--tuner.objective", "throughput",
                      "--request.timeout", "800ms", "--connect.timeout", "500ms", "--queue.timeout", "1s",
                      "--drain.delay", "0s", "--state.file", str(folder / "state"),
                      "--decisions.file", str(folder / "decisions"), *flags]
        self.options = {"listen": f"127.0.0.1:{free_port()}", **sidecar_options}
        self.start_sidecar()
        stack.callback(lambda: self.sidecar.stop())
        self.clients = Clients(self.sidecar.ready["proxy"], CLIENTS)

    def warm(self):
        """Waits until it runs; returns goodput, descriptors and memory as they are in good times."""
        until(lambda: self.clients.good_since(0) > 300, what="a warm start")
        return self.goodput(0.5), self.descriptors(), self.memory()

    def start_backend(self):
        self.backend = self.sweetspot.backend("--model", "sleep", "--service-time", "20ms", "--parallelism", "8",
                                              listen=f"127.0.0.1:{self.port}")

    def start_sidecar(self):
        self.sidecar = self.sweetspot.sidecar(self.relay.address, *self.flags, **self.options)

    def metric(self, name):
        text = urllib.request.urlopen(f"http://{self.sidecar.ready['admin']}/metrics", timeout=5).read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith((name + " ", name + "{")))

    def fault(self, **faults):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/fault", json.dumps(faults).encode())
        urllib.request.urlopen(request, timeout=10).read()

    def status(self):
        return self.sweetspot.status(self.sidecar.ready["control"])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.sidecar.pid}/fd"))

    def memory(self):
        text = pathlib.Path(f"/proc/{self.sidecar.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024

    def goodput(self, seconds):
        since = time.monotonic()
        time.sleep(seconds)  # a rate is counted over a span
        return self.clients.good_since(since) / seconds


def recovery(site, since, before):
    """How long after `since` goodput is 95 % of what it was, counted over half a second."""
    def is_back():
        now = time.monotonic()
        good = [a.at for a in list(site.clients.answers) if a.status == 200 and a.at > now - 0.5]
        return len(good) / 0.5 >= 0.95 * before and now - since
    took = until(is_back, timeout=20, what="goodput")
    assert took - 0.5 <= RECOVERY, f"goodput came back after {took - 0.5:.1f} s"
    return max(0.0, took - 0.5)


def describe(site, began, ended):
    """What users saw: answers by status and reason in the span of the fault."""
    kinds = {}
    for a in site.clients.answers:
        if began <= a.at <= ended and a.status != 200:
            key = f"{a.status} {a.reason}".strip() if a.status else "answer cut short"
            kinds[key] = kinds.get(key, 0) + 1
    return ", ".join(f"{n} x {k}" for k, n in sorted(kinds.items())) or "nothing but 200"


def nothing_is_left(site, descriptors, memory):
    until(lambda: (s := site.status())["in_flight"] == 0 and s["queued"] == 0, what="permits and queue at zero")
    until(lambda: site.descriptors() <= descriptors + 2, what="descriptors back")
    assert site.memory() < memory + 16 * 1024 * 1024
    assert site.metric("sweetspot_permits_leaked_total") == 0
    assert 4 <= site.status()["held_limit"] <= 32
    assert site.clients.refused == 0


def no_post_was_sent_twice(site):
    posts = {a.id for a in site.clients.answers if a.method == "POST"}
    assert [i for i, n in site.relay.sent.items() if n > 1 and i in posts] == []
