"""Whoever is let in is answered, whatever an operator does meanwhile: reloads, restarts and drains under
load, before a backend that is well. Connections that are refused while nobody listens are no requests."""

import os
import signal

import pytest

from clients import Clients
from processes import free_port, until
from world import CLIENTS, start_backend

# How often each is done; the nightly run asks for more.
TIMES = {"reload": int(os.environ.get("SWEETSPOT_RELOADS", "6")),
         "restart": int(os.environ.get("SWEETSPOT_RESTARTS", "2")),
         "drain": int(os.environ.get("SWEETSPOT_DRAINS", "2"))}
AVAILABILITY = 0.9999
BETWEEN = 50  # answers with 200 from one to the next


class Operator:
    """Does to a sidecar what its operators do."""

    def __init__(self, sweetspot, folder, upstream):
        self.sweetspot, self.folder, self.upstream = sweetspot, folder, upstream
        self.address = f"127.0.0.1:{free_port()}"
        self.reloads = 0
        self.start()

    def start(self):
        self.write(64)
        self.sidecar = self.sweetspot.sidecar(
            self.upstream, "--config", self.folder / "conf.yaml", "--state.file", self.folder / "state",
            "--drain.delay", "200ms", "--log.level", "info", listen=self.address)

    def write(self, limit_max):
        (self.folder / "conf.yaml").write_text(f"limit: {{initial: 8, max: {limit_max}}}\nqueue: {{timeout: 5s}}\n")

    def reload(self):
        self.reloads += 1
        self.write(64 - self.reloads % 2)
        self.sidecar.send_signal(signal.SIGHUP)
        until(lambda: self.sidecar.errors().count("config_reloaded") >= self.reloads, what="another configuration")

    def restart(self):
        assert self.sidecar.stop(signal.SIGTERM) == 0, self.sidecar.errors()
        self.start()

    def drain(self):
        self.sweetspot.ctl(self.sidecar.ready["control"], "drain", "--wait")
        self.restart()


@pytest.mark.parametrize("what", TIMES)
def test_who_is_let_in_is_answered_through(sweetspot, tmp_path, seen, what):
    with start_backend(sweetspot) as backend:
        operator = Operator(sweetspot, tmp_path, backend.ready["listen"])
        try:
            with Clients(operator.address, CLIENTS) as clients:
                for _ in range(TIMES[what]):
                    before = clients.good_since(0)
                    until(lambda: clients.good_since(0) >= before + BETWEEN, what="answers")
                    getattr(operator, what)()
                before = clients.good_since(0)
                until(lambda: clients.good_since(0) >= before + BETWEEN, what="answers")
            status = sweetspot.status(operator.sidecar.ready["control"])
            assert (status["in_flight"], status["queued"]) == (0, 0)
        finally:
            operator.sidecar.stop()
    bad = [a for a in clients.answers if a.status != 200]
    available = 1 - len(bad) / len(clients.answers)
    seen(f"{TIMES[what]} {what}s under load", f"{available:.4%} of {len(clients.answers)} requests that were let in "
         "answered with 200", f"{clients.refused} connections refused" if clients.refused else "nothing but 200")
    assert available >= AVAILABILITY, bad[:5]
