"""Names of the upstream, whose answers change and fail: a resolver of the test's own, in namespaces of its own."""

import json
import socket
import urllib.request

import pytest

import own_network
from processes import Program, until


def test_answers_that_change_and_fail(sweetspot, tmp_path):
    if own_network.missing():
        pytest.skip(own_network.missing())
    with own_network.Network(own_network.resolved_by_test(tmp_path)) as network:
        network.run(body, sweetspot)


def body(sweetspot):
    resolver = own_network.Resolver()
    resolver.start()

    def backend(address):
        return Program([sweetspot.folder / "sweetspot-load", "backend", "--listen", f"{address}:8081",
                        "--service-time", "1ms"], ready=r"^ready ")

    def served(address):
        with socket.create_connection((address, 8081)) as peer:
            peer.sendall(b"GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return json.loads(peer.makefile("rb").read().split(b"\r\n\r\n", 1)[1])["served"]

    def code(sidecar):
        host, port = sidecar.ready["proxy"].split(":")
        with socket.create_connection((host, int(port))) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return int(peer.makefile("rb").readline().split()[1])

    def metrics(sidecar):
        with urllib.request.urlopen(f"http://{sidecar.ready['admin']}/metrics", timeout=10) as answer:
            return answer.read().decode()

    with backend("127.0.0.11") as _, backend("127.0.0.12") as second:
        with sweetspot.sidecar("backend.test:8081", "--resolve.interval", "1s") as sidecar:
            assert code(sidecar) == 503, "no answer yet: there is no upstream"
            assert "up{address=\"backend.test:8081\"} 0" in metrics(sidecar)
            until(lambda: "upstream_down address=backend.test:8081" in sidecar.errors())
            resolver.addresses = ["127.0.0.11"]
            until(lambda: code(sidecar) == 200)
            resolver.addresses = ["127.0.0.12"]
            until(lambda: code(sidecar) == 200 and served("127.0.0.12") > 0)
            assert "127.0.0.11" not in metrics(sidecar) and "backend.test" not in metrics(sidecar)
            resolver.addresses = []
            asked = resolver.asked
            until(lambda: resolver.asked > asked + 3)
            assert code(sidecar) == 200, "what was known stays in use while the resolver fails"
            resolver.addresses = ["127.0.0.11", "127.0.0.12"]
            before = served("127.0.0.11"), served("127.0.0.12")
            until(lambda: code(sidecar) == 200 and served("127.0.0.11") > before[0]
                  and served("127.0.0.12") > before[1])
            second.stop()
            assert [code(sidecar) for _ in range(10)] == [200] * 10
