"""Everything at once that could lose a permit or a place in the queue: afterwards both are at zero."""

import contextlib
import json
import os
import random
import socket
import struct
import threading
import urllib.request

import pytest

from processes import until

CONFIGURATION = """
limit: {initial: 6, max: 32}
queue: {size: 24, timeout: 300ms, discipline: adaptive, codel_target: 60ms, standing_after: 80ms}
groups: [fast share=2, slow share=1]
classes: [quick priority=5 share=4 group=fast, heavy fair_by=x-tenant group=slow]
rules:
  - class=quick path=/quick*
  - class=heavy path=/heavy*
  - bypass path=/healthz
buffer: {request: 4KiB, response: 16KiB}
request: {timeout: 500ms}
downstream: {stall_timeout: 300ms, contended_stall_timeout: 100ms}
drain: {delay: 0s}
"""
WORKERS = 2
FIRST = int(os.environ.get("SWEETSPOT_CHAOS_SEED", "1"))


class Client(threading.Thread):
    """Sends one odd request after the other until it is told to end; which, its seed says."""

    def __init__(self, address, seed, over):
        super().__init__()
        host, port = address.rsplit(":", 1)
        self.address, self.random, self.over = (host, int(port)), random.Random(seed), over
        self.start()

    def run(self):
        while not self.over.is_set():
            with contextlib.suppress(OSError):
                self.one()

    def one(self):
        dice = self.random
        path = dice.choice([b"/quick", b"/heavy", b"/heavy?bytes=3000000", b"/", b"/healthz"])
        fields = dice.choice([b"", b"x-tenant: %d\r\n" % dice.randrange(9), b"x-request-timeout: 30ms\r\n",
                              b"x-request-timeout: 1ms\r\n"])
        body = dice.choice([0, 0, 0, 200, 50_000])
        with socket.create_connection(self.address, timeout=2) as link:
            for _ in range(dice.choice([1, 1, 3])):
                head = b"POST" if body else b"GET"
                head += b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + fields
                head += b"Content-Length: %d\r\n\r\n" % body if body else b"\r\n"
                link.sendall(head + b"x" * dice.choice([body, body, body // 2]))
                ending = dice.choice(["read", "read", "some", "reset", "half", "close"])
                if ending == "reset":
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if ending == "close":
                    return
                if ending == "half":
                    link.shutdown(socket.SHUT_WR)
                link.settimeout(0.4)
                link.recv(100 if ending == "some" else 65536)
                if ending == "half":
                    return


def operate(sweetspot, control, backend, seed, over):
    """An operator who changes his mind, and a backend that fails now and then."""
    dice = random.Random(seed)
    orders = [("mode", "shadow"), ("mode", "off"), ("mode", "enforce"), ("pin", "1"), ("pin", "20"), ("unpin",),
              ("retune",), ("bounds", "--max", "3"), ("bounds", "--max", "32")]
    faults = [{}, {}, {"reset_rate": 0.5}, {"error_rate": 0.5}, {"latency_ms": 800}, {"stall_ms": 300}]
    while not over.is_set():
        with contextlib.suppress(Exception):  # some are refused in a mode where they mean nothing
            sweetspot.ctl(control, *dice.choice(orders))
        request = urllib.request.Request(f"http://{backend}/fault", json.dumps(dice.choice(faults)).encode())
        with contextlib.suppress(OSError):
            urllib.request.urlopen(request, timeout=5).read()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + int(os.environ.get("SWEETSPOT_CHAOS_ROUNDS", "2"))))
def test_permits_and_queue_are_at_zero_after_chaos(sweetspot, tmp_path, seed):
    file = tmp_path / "sidecar.yaml"
    file.write_text(CONFIGURATION)
    with sweetspot.backend("--model", "sleep", "--service-time", "5ms", "--parallelism", "4") as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--config", str(file), "--workers", str(WORKERS)) as sidecar:
        control, over = sidecar.ready["control"], threading.Event()
        clients = [Client(sidecar.ready["proxy"], 100 * seed + i, over) for i in range(30)]
        operator = threading.Thread(
            target=operate, args=(sweetspot, control, backend.ready["listen"], seed, over))
        operator.start()
        until(lambda: int(sweetspot.status(control)["requests"]) > 1500, timeout=60, what="1500 requests")
        over.set()
        for thread in [*clients, operator]:
            thread.join()
        request = urllib.request.Request(f"http://{backend.ready['listen']}/fault", b"{}")
        urllib.request.urlopen(request, timeout=10).read()

        def idle():
            status = sweetspot.status(control)
            return status["in_flight"] == 0 and status["queued"] == 0

        until(idle, what=f"every permit back and the queue empty (seed {seed})")
        for name in ("permits_leaked_total", "class_in_flight", "class_queue_length", "permits_stalled"):
            assert sidecar.metric(f"sweetspot_{name}") == 0, (seed, name)
        sweetspot.ctl(control, "mode", "enforce")
        report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/quick", "-n", "40", "-c", "1")
        assert report["status"] == {"200": 40}, (seed, report["status"])
        assert sidecar.stop() == 0
