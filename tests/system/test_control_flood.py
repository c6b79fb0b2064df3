"""The control plane under attack never slows the data path: no request is lost, late or refused for it."""

import json
import signal
import socket
import threading

import grpc
import pytest

from processes import PATIENCE, until
from stubs import generate

CALLS = 4000  # more than are answered at once
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("stubs"), "sweetspot/v1/control")[0]


def ask_without_a_pause(address, stubs, ended, enough):
    """Status calls, 64 at a time, and now and then a watcher that reads nothing. How each ended."""
    messages, services = stubs
    codes, watchers = [], []
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        control = services.ControlStub(channel)
        while not ended.is_set():
            calls = [control.GetStatus.future(messages.GetStatusRequest(), timeout=30) for _ in range(64)]
            watchers.append(control.Watch(messages.WatchRequest(status_interval_ms=50)))
            codes += [call.code() for call in calls]
            if len(codes) >= CALLS:
                enough.set()
        for watcher in watchers:
            watcher.cancel()
    return codes


def send_garbage(address, ended):
    host, port = address.rsplit(":", 1)
    while not ended.is_set():
        with socket.create_connection((host, int(port)), timeout=30) as peer:
            try:
                peer.sendall(PREFACE + b"\xff" * 4000)
                while peer.recv(65536):
                    pass
            except (ConnectionError, TimeoutError):
                pass


def test_a_flood_of_calls_costs_no_request_and_no_permit(sweetspot, stubs):
    ended, enough, codes = threading.Event(), threading.Event(), []
    with sweetspot.backend("--model", "sleep", "--service-time", "5ms", "--parallelism", "16") as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--limit.pin", "16") as sidecar:
        control = sidecar.ready["control"]
        attackers = [threading.Thread(target=lambda: codes.extend(ask_without_a_pause(control, stubs, ended, enough))),
                     threading.Thread(target=send_garbage, args=(control, ended))]
        with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "8", "-z", f"{300 * PATIENCE:.0f}s",
                            "--timeout", "60s", "--output", "json") as load:
            for attacker in attackers:
                attacker.start()
            try:
                assert enough.wait(120 * PATIENCE)
            finally:
                ended.set()
                for attacker in attackers:
                    attacker.join()
            load.stop(signal.SIGINT)
            report = json.loads("\n".join(load.lines))
        assert report["requests"] > 0
        assert report["successes"] == report["requests"]
        assert sum(report["errors"].values()) == 0
        assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert grpc.StatusCode.OK in codes
        until(lambda: sweetspot.status(control)["in_flight"] == 0)
        assert sweetspot.status(control)["limit"] == 16
