"""Names of the upstream, whose answers change and fail: a resolver of the test's own, in namespaces of its own."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading

import pytest

from processes import ROOT, Failed, Program, until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of its own need root")

# Runs what follows it in a network of its own, where a resolver of ours is the only one.
INSIDE = """
set -e
ip link set lo up 2>/dev/null || python3 -c "
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 1 | 64))"
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
shift
exec "$@"
"""


class Resolver(threading.Thread):
    """Answers each question for an A record with `addresses`: none is a failure of the server."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        self.addresses, self.asked = [], 0

    def run(self):
        while True:
            query, client = self.socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack("!H", query[end - 4:end - 2])[0]
            self.asked += 1
            answers = self.addresses if kind == 1 else []
            code = 0 if self.addresses else 2
            head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(answers), 0, 0)
            records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(a) for a in answers)
            self.socket.sendto(head + query[12:end] + records, client)


def inside(folder):
    """The body of the test, in its namespaces."""
    sys.path.insert(0, str(ROOT / "tests/support"))
    from processes import Sweetspot
    sweetspot = Sweetspot(os.environ.get("SWEETSPOT_BIN", ROOT / "build/release/bin"))
    resolver = Resolver()
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

    with backend("127.0.0.11") as _, backend("127.0.0.12") as second:
        with sweetspot.sidecar("backend.test:8081", "--resolve.interval", "1s") as sidecar:
            assert code(sidecar) == 503, "no answer yet: there is no upstream"
            resolver.addresses = ["127.0.0.11"]
            until(lambda: code(sidecar) == 200)
            resolver.addresses = ["127.0.0.12"]
            until(lambda: code(sidecar) == 200 and served("127.0.0.12") > 0)
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


def test_answers_that_change_and_fail(sweetspot, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    if subprocess.run(["unshare", "-n", "-m", "true"]).returncode != 0:
        pytest.skip("no namespaces here")
    done = subprocess.run(["unshare", "-n", "-m", "bash", "-c", INSIDE, "inside", tmp_path, sys.executable, __file__,
                           tmp_path], capture_output=True, text=True, timeout=90,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "tests/support"),
                               "PYTHONDONTWRITEBYTECODE": "1", "SWEETSPOT_BIN": str(sweetspot.folder)})
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    inside(sys.argv[1])
