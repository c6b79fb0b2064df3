"""The bounds of the control API, seen by a client that speaks HTTP/2 by hand."""

import socket
import struct

import pytest

from processes import until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 4, 6, 7
MAX_CONCURRENT_STREAMS, ENHANCE_YOUR_CALM = 3, 11


def frame(kind, payload=b"", flags=0):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + b"\0\0\0\0" + payload


class Peer:
    """One connection; frames as (kind, payload)."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.sendall(PREFACE + frame(SETTINGS))
        self.buffer = b""

    def read(self, size):
        while len(self.buffer) < size:
            part = self.socket.recv(65536)
            if not part:
                raise EOFError
            self.buffer += part
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def frame(self):
        head = self.read(9)
        return head[3], self.read(int.from_bytes(head[:3], "big"))

    def until(self, kind):
        while True:
            found, payload = self.frame()
            if found == kind:
                return payload


@pytest.fixture
def sidecar(sweetspot):
    with sweetspot.sidecar("127.0.0.1:1", "--limit.initial", "8") as program:
        yield program


def test_a_connection_has_a_bounded_number_of_streams(sidecar):
    payload = Peer(sidecar.ready["control"]).until(SETTINGS)
    settings = dict(struct.iter_unpack(">HI", payload))
    assert settings[MAX_CONCURRENT_STREAMS] == 2048


def test_who_pings_too_often_is_told_to_calm_down(sweetspot, sidecar):
    peer = Peer(sidecar.ready["control"])
    for _ in range(10):
        peer.socket.sendall(frame(PING, b"01234567"))
    assert struct.unpack(">I", peer.until(GOAWAY)[4:8])[0] == ENHANCE_YOUR_CALM
    assert sweetspot.status(sidecar.ready["control"])["limit"] == 8


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc", bytes(100000),
                                     PREFACE + b"\xff" * 100], ids=["http1", "tls", "zeros", "frames"])
def test_garbage_costs_its_connection_only(sweetspot, sidecar, garbage):
    host, port = sidecar.ready["control"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        try:
            peer.sendall(garbage)
            while peer.recv(65536):
                pass
        except (ConnectionError, TimeoutError):
            pass
    assert sweetspot.status(sidecar.ready["control"])["limit"] == 8


def test_callers_that_say_nothing_do_not_keep_others_out(sweetspot, sidecar):
    host, port = sidecar.ready["control"].rsplit(":", 1)
    silent = [socket.create_connection((host, int(port)), timeout=20) for _ in range(200)]
    until(lambda: sweetspot.status(sidecar.ready["control"])["limit"] == 8)
    for peer in silent:
        peer.close()
