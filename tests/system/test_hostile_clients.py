"""Clients that want harm, or are merely slow: what it costs the others, and the proxy."""

import contextlib
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import threading
import time

import pytest

from processes import cpu_seconds, nginx, until

SEARCH = "GET /small HTTP/1.1\r\nHost: a.test\r\n\r\n"


@pytest.fixture(scope="module")
def origin():
    with nginx({"page": os.urandom(200 * 1024)}) as address:
        yield address


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024


def ask(address, request=SEARCH):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(request.encode())
        return client.recv(4096)


ATTACKS = {
    "slow_heads": ["-H", "-i", "1", "-x", "24", "-p", "3"],
    "slow_bodies": ["-B", "-i", "1", "-s", "8192", "-x", "10", "-p", "3"],
    "slow_reading": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3", "-p", "3"],
}


@pytest.mark.skipif(not shutil.which("slowhttptest"), reason="slowhttptest is not installed")
@pytest.mark.parametrize("attack", ATTACKS)
def test_others_hardly_notice(attack, sweetspot, origin):
    with sweetspot.sidecar(origin, "--limit.pin", "8") as sidecar:
        url = f"http://{sidecar.ready['proxy']}"

        def p99():
            report = sweetspot.run_load(url + "/small", "-c", "4", "-z", "2s")
            assert set(report["status"]) == {"200"} and not any(report["errors"].values()), report
            return report["p99_ms"]
        before = p99()
        attacker = subprocess.Popen(["slowhttptest", *ATTACKS[attack], "-c", "200", "-r", "200", "-l", "20", "-u", url + "/page"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            until(lambda: len(os.listdir(f"/proc/{sidecar.pid}/fd")) > 150, what="the attack")
            # Twice, and what a busy machine adds; where it adds more, once more.
            bound = 2 * before + 50
            during = p99()
            for _ in range(2):
                during = during if during < bound else p99()
        finally:
            attacker.terminate()
            attacker.wait()
    assert during < bound, f"p99 was {before} ms, and {during} ms under attack"


def fall_to_64(pid):
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))


@pytest.mark.parametrize("known", [True, False], ids=["known at the start", "fallen later"])
def test_it_serves_on_after_it_ran_out_of_descriptors(sweetspot, origin, known):
    """Where it knows how few it has it takes fewer clients; else the kernel gives it no more of them."""
    with sweetspot.sidecar(origin, preexec=(lambda: fall_to_64(0)) if known else None) as sidecar, \
            contextlib.ExitStack() as clients:
        if known:
            all_taken = lambda: sidecar.metric("sweetspot_downstream_connections") >= 64 // 3  # noqa: E731
        else:
            all_taken = lambda: len(os.listdir(f"/proc/{sidecar.pid}/fd")) >= 64  # noqa: E731
            fall_to_64(sidecar.pid)
        host, port = sidecar.ready["proxy"].split(":")
        for _ in range(120):  # who is not accepted waits in a queue, which may have room for no more than 128
            clients.enter_context(socket.create_connection((host, int(port)), timeout=10))
        until(all_taken, what="the last descriptor")
        begin, spent = time.monotonic(), cpu_seconds(sidecar.pid)
        until(lambda: time.monotonic() > begin + 1.5)  # a span to measure over, not a wait
        assert (cpu_seconds(sidecar.pid) - spent) / (time.monotonic() - begin) < 0.2
        clients.close()
        until(lambda: ask(sidecar.ready["proxy"]).startswith(b"HTTP/1.1 200 "), what="an answer")


def test_memory_is_bounded_beside_a_slow_reader_of_a_gigabyte(sweetspot):
    size = 1 << 30
    taken = []

    def serve(listener):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while b"sweetspot-doctor" in connection.recv(4096):  # asked by the sidecar itself, as it starts
                connection.close()
                connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            part = bytes(1 << 16)
            while True:
                connection.sendall(part)
                taken.append(len(part))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,), daemon=True)
        server.start()
        with sweetspot.sidecar("127.0.0.1:%d" % listener.getsockname()[1]) as sidecar:
            host, port = sidecar.ready["proxy"].split(":")
            before = resident(sidecar.pid)
            most = 0
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
                client.connect((host, int(port)))
                client.sendall(SEARCH.encode())
                read = 0
                for i in range(20000):  # slower than the server by far, and long enough for it to show
                    got = len(client.recv(4096))
                    assert got > 0
                    read += got
                    if i % 200 == 0:
                        most = max(most, resident(sidecar.pid))
            assert most - before < 4 << 20, f"{(most - before) >> 20} MiB more"
            # What the proxy and the kernel's buffers between hold, and no more.
            assert sum(taken) - read < 32 << 20
        server.join(10)
