"""What every fault is shown on: a backend, a relay that can misbehave, the sidecar, and clients; and
what must hold once it is over.

How much these clients get done depends on the machine, too: they share its cores with the sidecar and
with whatever else runs there. So beside them runs a witness, the same path without a sidecar and
without faults: goodput is counted in answers for each answer of the witness, and how long something
took by the answers that the witness had meanwhile. What slows the machine slows both alike; what the
sidecar does shows.
"""

import json
import os
import pathlib
import signal
import time
import urllib.request

from clients import Clients
from processes import free_port, until
from relay import Relay

PARALLELISM = 8  # requests that the backend serves at once
CLIENTS = 12
RECOVERY = 2.0   # seconds of the witness's time until goodput must be back
SPAN = 0.5       # over which goodput is counted


def start_backend(sweetspot, port=0):
    return sweetspot.backend("--model", "sleep", "--service-time", "20ms", "--parallelism", str(PARALLELISM),
                             listen=f"127.0.0.1:{port}")


class Witness:
    """What the machine can do at this moment: two clients, a relay and a backend, and nothing between."""

    def __init__(self, sweetspot, stack):
        backend = stack.enter_context(start_backend(sweetspot))
        host, port = backend.ready["listen"].rsplit(":", 1)
        relay = stack.enter_context(Relay((host, int(port))))
        self.clients = stack.enter_context(Clients(relay.address, 2))
        self.rate = None  # answers a second in good times

    def measure(self, since):
        self.rate = self.clients.good_since(since) / (time.monotonic() - since)

    def seconds_between(self, earlier, later):
        """Its time: the seconds that it would have taken in good times for what it did between."""
        return (self.clients.good_since(earlier) - self.clients.good_since(later)) / self.rate


class Site:
    """A backend, the relay before it, the sidecar, and clients; what a case may break.

    `host`: where the relay listens; `name`: by which the sidecar knows that. `beyond`: a network in
    which backend and relay are.
    """

    def __init__(self, sweetspot, folder, stack, *flags, host="127.0.0.1", name=None, beyond=None, **sidecar_options):
        self.sweetspot = sweetspot
        self.there = beyond.run if beyond else lambda work, *arguments: work(*arguments)
        self.port = free_port()
        self.backend = None
        self.start_backend()
        self.witness = Witness(sweetspot, stack)
        stack.callback(lambda: self.backend.stop(signal.SIGKILL))
        self.relay = stack.enter_context(self.there(Relay, ("127.0.0.1", self.port), host))
        self.upstream = f"{name or host}:{self.relay.port}"
        self.flags = ["--limit.initial", "8", "--limit.max", "64", "--tuner.objective", "throughput",
                      "--request.timeout", "800ms", "--connect.timeout", "500ms", "--queue.timeout", "1s",
                      "--drain.delay", "0s", "--state.file", str(folder / "state"),
                      "--decisions.file", str(folder / "decisions"), *flags]
        self.options = {"listen": f"127.0.0.1:{free_port()}", **sidecar_options}
        self.start_sidecar()
        stack.callback(lambda: self.sidecar.stop())
        self.clients = Clients(self.sidecar.ready["proxy"], CLIENTS)

    def warm(self, stays_pinned=False):
        """Runs at the right limit for a while; returns goodput, descriptors and memory as they are then.
        From there on the tuner is free, but where what is shown has nothing to do with it."""
        control = self.sidecar.ready["control"]
        self.sweetspot.ctl(control, "pin", str(PARALLELISM))
        until(lambda: self.clients.good_since(0) > 200, timeout=60, what="a warm start")
        since = time.monotonic()
        usual = self.goodput(2 * SPAN)
        self.witness.measure(since)
        if not stays_pinned:
            self.sweetspot.ctl(control, "unpin")
        return usual, self.descriptors(), self.memory()

    def start_backend(self):
        self.backend = self.there(start_backend, self.sweetspot, self.port)

    def start_sidecar(self):
        self.sidecar = self.sweetspot.sidecar(self.upstream, *self.flags, **self.options)

    def metric(self, name):
        return self.sidecar.metric(name)

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
        return self.goodput_since(since)

    def goodput_since(self, moment):
        """Answers with 200 for each answer of the witness."""
        return self.clients.good_since(moment) / max(1, self.witness.clients.good_since(moment))


def recovery(site, since, usual):
    """How long after `since`, by the witness, a span began in which goodput was 95 % of the usual."""
    def began():
        start = time.monotonic() - SPAN
        return start >= since and site.goodput_since(start) >= 0.95 * usual and start
    back = until(began, timeout=60, what="goodput")
    took = site.witness.seconds_between(since, back)
    assert took <= RECOVERY, f"goodput came back after {took:.1f} s"
    return took


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
