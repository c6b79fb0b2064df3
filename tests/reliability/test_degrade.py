"""What may fail beside the data path without a request noticing. service/RELIABILITY.md lists it all."""

import contextlib
import pathlib
import re
import socket
import threading

import pytest

import tables
from processes import ROOT, until
from test_faults import CASES
from test_networks import LINK_DOWN, NAME_CHANGES, NAME_FAILS
from world import Site

PAGE = ROOT / "service/RELIABILITY.md"


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


def undisturbed(site, disturb, seconds=1.0):
    """Goodput while disturb(stop) runs on a thread of its own, against that of before."""
    with site.clients:
        before, *_ = site.warm(stays_pinned=True)
        stop = threading.Event()
        nuisance = threading.Thread(target=disturb, args=(stop,), daemon=True)
        nuisance.start()
        during = site.goodput(seconds)
        stop.set()
        nuisance.join(20)
        assert not nuisance.is_alive()
    assert {a.status for a in site.clients.answers} == {200}
    assert during >= 0.9 * before, f"{during / before:.0%} of the usual goodput"


def test_a_flooded_control_port_costs_no_request(sweetspot, tmp_path, stack):
    site = Site(sweetspot, tmp_path, stack)
    host, port = site.sidecar.ready["control"].rsplit(":", 1)

    def flood(stop):
        sent = 0
        while not stop.is_set():
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 20_000)
                sent += 1
            stop.wait(0.002)
        assert sent > 20
    undisturbed(site, flood)
    assert site.status()["in_flight"] == 0


def test_scrapers_that_hang_cost_no_request(sweetspot, tmp_path, stack):
    site = Site(sweetspot, tmp_path, stack)
    host, port = site.sidecar.ready["admin"].rsplit(":", 1)

    def hang(stop):
        hanging = [stack.enter_context(socket.create_connection((host, int(port)), timeout=5)) for _ in range(100)]
        for connection in hanging:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n")
        stop.wait()
    undisturbed(site, hang)


@pytest.mark.parametrize("damage", ["", "limit 4\n", "\x00" * 4096, "x" * 1_000_000],
                         ids=["empty", "cut", "zeros", "huge"])
def test_a_damaged_state_is_a_cold_start(sweetspot, tmp_path, stack, damage):
    (tmp_path / "state").write_text(damage)
    site = Site(sweetspot, tmp_path, stack)
    assert site.status()["limit"] == 8
    assert "state_ignored" in site.sidecar.errors()
    with site.clients:
        site.warm()


def test_every_promise_of_the_page_is_held_by_a_test():
    text = PAGE.read_text()
    section = text.split("## It degrades by design", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    tests = "".join(p.read_text() for p in (ROOT / "tests").rglob("*test*") if p.suffix in (".py", ".cpp"))
    assert len(rows) >= 8
    for row in rows:
        for name in re.findall(r"`(\w+)`", row[3]) or [row[3]]:
            assert re.search(rf"def {name}\(|TEST(_F)?\(\w+, {name}\)", tests), f"{row[1].strip()}: no test {name}"


def test_the_table_of_faults_has_every_fault():
    assert {*CASES, LINK_DOWN, NAME_FAILS, NAME_CHANGES} <= set(tables.first_column(PAGE, "faults"))
