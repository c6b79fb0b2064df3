"""Clients and backends that misbehave cost no permit and nobody else's request."""

import json
import socket
import struct
import urllib.request

import pytest

from processes import until

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def pair(sweetspot):
    """A backend that takes 50 ms, four at once, and a sidecar with a limit of 4 before it."""
    with sweetspot.backend("--model", "sleep", "--service-time", "50ms", "--parallelism", "4") as backend:
        with sweetspot.sidecar(backend.ready["listen"], "--limit.pin", "4", "--queue.timeout", "2s",
                               "--request.timeout", "1s", "--drain.delay", "0s") as sidecar:
            yield backend, sidecar


def connect(sidecar):
    host, port = sidecar.ready["proxy"].rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def idle_again(sweetspot, sidecar):
    def idle():
        status = sweetspot.status(sidecar.ready["control"])
        return status["in_flight"] == 0 and status["queued"] == 0
    return until(idle, what="every permit back and the queue empty")


def still_serves(sweetspot, sidecar):
    report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-n", "40", "-c", "4")
    assert report["status"] == {"200": 40} and not any(report["errors"].values())


@pytest.mark.parametrize("leave", [reset, socket.socket.close])
def test_clients_that_leave_while_queued_and_in_flight(sweetspot, pair, leave):
    backend, sidecar = pair
    fault(backend, latency_ms=900)  # so that they are still there when that is seen
    for _ in range(5):
        connections = [connect(sidecar) for _ in range(40)]
        for connection in connections:
            connection.sendall(REQUEST)
        until(lambda: sidecar.metric("sweetspot_in_flight") > 0)
        for connection in connections:
            leave(connection)
    fault(backend)
    idle_again(sweetspot, sidecar)
    still_serves(sweetspot, sidecar)


def test_clients_that_leave_in_the_middle_of_a_head_or_body(sweetspot, pair):
    _, sidecar = pair
    for part in (b"GET / HT", b"GET / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nabc",
                 b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"):
        for leave in (reset, socket.socket.close):
            connection = connect(sidecar)
            connection.sendall(part)
            leave(connection)
    idle_again(sweetspot, sidecar)
    still_serves(sweetspot, sidecar)


def fault(backend, **faults):
    request = urllib.request.Request(f"http://{backend.ready['listen']}/fault", json.dumps(faults).encode())
    urllib.request.urlopen(request, timeout=10).read()


def test_a_backend_that_resets(sweetspot, pair):
    backend, sidecar = pair
    fault(backend, reset_rate=1)
    report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-n", "40", "-c", "8")
    assert report["status"] == {"502": 40}
    idle_again(sweetspot, sidecar)
    fault(backend)
    still_serves(sweetspot, sidecar)


def test_a_backend_that_is_too_slow(sweetspot, pair):
    backend, sidecar = pair
    fault(backend, latency_ms=5000)
    report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-n", "8", "-c", "4")
    assert report["status"] == {"504": 8}
    idle_again(sweetspot, sidecar)


@pytest.mark.parametrize("raw, status", [
    (b"nonsense\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 1000 + b"\r\n", 431),
])
def test_a_malformed_request_gets_its_status(sweetspot, pair, raw, status):
    _, sidecar = pair
    with connect(sidecar) as connection:
        connection.sendall(raw)
        answer = b""
        while more := connection.recv(65536):
            answer += more
            if b"\r\n" in answer:
                break
    assert answer.split(b" ")[1] == str(status).encode(), answer
    idle_again(sweetspot, sidecar)
