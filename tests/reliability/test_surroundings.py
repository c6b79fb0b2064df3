"""What the machine can do to the sidecar: no disk, no descriptors, no memory, another time of day, a
kill. Traffic goes on, or comes back; nothing is left behind."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import time

import pytest

import own_network
from processes import cpu_seconds, until
from world import Site, describe, no_post_was_sent_twice, nothing_is_left, recovery

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


def fill(path):
    """Writes to a file until its disk is full."""
    ballast = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(ballast, b"x" * 4096):
            pass
    os.close(ballast)


@pytest.mark.skipif(own_network.no_mounts() is not None, reason=str(own_network.no_mounts()))
def test_a_full_disk_costs_files_and_no_request(sweetspot, tmp_path, stack, seen):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=64k tmpfs {disk} && exec \"$@\""
    site = Site(sweetspot, disk, stack, "--access_log.file", str(disk / "access"),
                under=["unshare", "-m", "sh", "-c", mount, "sh"])
    inside = pathlib.Path(f"/proc/{site.sidecar.pid}/root{disk}")
    with site.clients:
        _, descriptors, memory = site.warm()
        began = time.monotonic()
        fill(inside / "ballast")
        until(lambda: site.metric("sweetspot_access_log_dropped_total") > 100, what="lines lost to the full disk")
        site.sweetspot.ctl(site.sidecar.ready["control"], "pin", "9")
        full = time.monotonic()
        (inside / "ballast").unlink()
        until(lambda: site.clients.good_since(full) > 300, what="traffic after the disk had room again")
        ended = time.monotonic()
    saw = describe(site, began, ended)
    seen("disk full (state, decisions, access log)", "lines dropped and counted; the limit goes on", saw)
    assert {a.status for a in site.clients.answers} == {200}, saw
    site.sweetspot.ctl(site.sidecar.ready["control"], "unpin")
    nothing_is_left(site, descriptors, memory)


def test_exhausted_descriptors_cost_new_connections_only(sweetspot, tmp_path, stack, seen):
    """Who is connected goes on as before, answered by nothing but 200; who comes then, waits: in a queue that need
    hold no more than 128, as that of a kernel without room for more."""
    limit = 64
    site = Site(sweetspot, tmp_path, stack,
                preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    with site.clients:
        before, descriptors, memory = site.warm(stays_pinned=True)
        began, cpu = time.monotonic(), cpu_seconds(site.sidecar.pid)
        idle = [socket.create_connection(site.clients.target, timeout=10) for _ in range(100)]
        late = socket.create_connection(site.clients.target, timeout=20)
        late.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        crowded = site.goodput(1)
        used = cpu_seconds(site.sidecar.pid) - cpu
        for connection in idle:
            connection.close()
        freed = time.monotonic()
        assert late.makefile("rb").readline().split()[1] == b"200"
        late.close()
        recovered = recovery(site, freed, before)
        ended = time.monotonic()
    saw = describe(site, began, ended)
    seen("descriptors exhausted by 100 idle clients", f"{used:.2f} s of CPU in all, {crowded / before:.0%} of the goodput "
         f"meanwhile, and who came last answered once they left; all of it after {recovered:.1f} s", saw)
    assert {a.status for a in site.clients.answers} == {200}, saw
    assert crowded >= 0.9 * before, saw
    assert used < 0.5 * (ended - began)
    nothing_is_left(site, descriptors, memory)
    no_post_was_sent_twice(site)


def was_ended(connection):
    """Whether a connection that awaits no answer was closed or reset at the other end."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_short_memory_ends_connections_not_the_process(sweetspot, tmp_path, stack, seen):
    site = Site(sweetspot, tmp_path, stack, "--buffer.request", "8MiB")
    with site.clients:
        before, descriptors, _ = site.warm()
        began = time.monotonic()
        size = int(pathlib.Path(f"/proc/{site.sidecar.pid}/statm").read_text().split()[0]) * resource.getpagesize()
        unlimited = resource.prlimit(site.sidecar.pid, resource.RLIMIT_AS, (size + 48 * 2**20, resource.RLIM_INFINITY))
        hungry = []
        for _ in range(40):
            connection = socket.create_connection(site.clients.target, timeout=10)
            connection.setblocking(False)
            hungry.append(connection)
        body = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 4_000_000
        offsets = dict.fromkeys(hungry, 0)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not any(map(was_ended, hungry)):
            for connection, at in offsets.items():
                with contextlib.suppress(OSError):
                    offsets[connection] += connection.send(body[at:at + 262_144])
        ended_by_it = sum(map(was_ended, hungry))
        assert site.sidecar.process.poll() is None, site.sidecar.errors()
        resource.prlimit(site.sidecar.pid, resource.RLIMIT_AS, unlimited)
        for connection in hungry:
            connection.close()
        recovered = recovery(site, time.monotonic(), before)
        ended = time.monotonic()
    saw = describe(site, began, ended)
    assert ended_by_it > 0, "there was memory enough"
    seen("no memory for 40 uploads of 8 MB", f"uploads ended, goodput back after {recovered:.1f} s", saw)
    until(lambda: site.status()["in_flight"] == 0 and site.status()["queued"] == 0, what="permits at zero")
    until(lambda: site.descriptors() <= descriptors + 2, what="descriptors back")
    assert site.metric("sweetspot_permits_leaked_total") == 0


@pytest.mark.skipif(not FAKETIME.exists(), reason="libfaketime is not installed")
def test_another_time_of_day_changes_nothing(sweetspot, tmp_path, stack, seen):
    clock = tmp_path / "clock"
    clock.write_text("+0")
    site = Site(sweetspot, tmp_path, stack, env={
        "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    with site.clients:
        before, descriptors, memory = site.warm()
        began = time.monotonic()
        for step in ("+3600", "-86400", "+0"):
            clock.write_text(step)
            stepped = time.monotonic()
            until(lambda: site.clients.good_since(stepped) > 100, what=f"traffic after a step of {step} s")
        recovered = recovery(site, time.monotonic(), before)
        ended = time.monotonic()
    saw = describe(site, began, ended)
    seen("the clock steps by +1 h, then back by a day", f"no change, goodput at its old value within {recovered:.1f} s", saw)
    assert {a.status for a in site.clients.answers} == {200}, saw
    nothing_is_left(site, descriptors, memory)


def test_a_killed_sidecar_comes_back_with_its_limit(sweetspot, tmp_path, stack, seen):
    site = Site(sweetspot, tmp_path, stack)
    with site.clients:
        before, *_ = site.warm()
        until(lambda: (tmp_path / "state").exists(), timeout=60, what="a remembered limit")
        began = time.monotonic()
        site.sidecar.stop(signal.SIGKILL)
        held = int(re.search(r"^limit (\d+)$", (tmp_path / "state").read_text(), re.M).group(1))
        site.start_sidecar()
        started = until(lambda: [json.loads(line) for line in (tmp_path / "decisions").read_text().splitlines()
                                 if '"remembered"' in line], what="the decision of the start")
        assert [decision["to"] for decision in started] == [held]
        recovered = recovery(site, time.monotonic(), before)
        ended = time.monotonic()
    saw = describe(site, began, ended)
    seen("the sidecar killed and restarted", f"limit {held} remembered, goodput back after {recovered:.1f} s",
         saw + f", {site.clients.refused} connections refused")
    assert {a.status for a in site.clients.answers} <= {0, 200}, saw
    until(lambda: site.status()["in_flight"] == 0)
    no_post_was_sent_twice(site)
