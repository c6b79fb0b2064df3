"""Everything that can go wrong behind the sidecar, each under load; afterwards nothing is left of it.

Each case breaks one thing for a while and mends it. Whatever it was: every request that the sidecar
took gets an answer, no POST reaches the backend twice, and afterwards no permit is in use, nothing is
queued, descriptors and memory are back, and goodput is back within two seconds.
"""

import contextlib
import os
import signal
import time

import pytest

from world import Site, describe, no_post_was_sent_twice, nothing_is_left, recovery

BREAK_SECONDS = float(os.environ.get("SWEETSPOT_FAULT_SECONDS", "1"))


@contextlib.contextmanager
def killed(site):
    site.backend.stop(signal.SIGKILL)
    yield
    site.start_backend()


@contextlib.contextmanager
def stopped(site):
    site.backend.send_signal(signal.SIGSTOP)
    yield
    site.backend.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def restarted(site):
    site.backend.stop()
    site.start_backend()
    yield


def backend_fault(**faults):
    @contextlib.contextmanager
    def case(site):
        site.fault(**faults)
        yield
        site.fault()
    return case


def network(fault):
    @contextlib.contextmanager
    def case(site):
        site.relay.set(fault)
        yield
        site.relay.set("none")
    return case


# What happens, how, and what statuses clients may see of it beside 200.
CASES = {
    "backend killed": (killed, {502, 503}),
    "backend stopped, then continued": (stopped, {503, 504}),
    "backend restarted": (restarted, {502, 503}),
    "backend slowed by 200 ms": (backend_fault(latency_ms=200), {503, 504}),
    "backend resets half of its answers": (backend_fault(reset_rate=0.5), {502, 503}),
    "backend fails half of its answers": (backend_fault(error_rate=0.5), {500, 503}),
    "backend stalls": (backend_fault(stall_ms=int(BREAK_SECONDS * 1000)), {503, 504}),
    "answers are garbage": (network("garbage"), {502, 503}),
    "answers end in the middle": (network("half"), {0, 502, 503}),
    "requests are never answered": (network("silent"), {502, 503, 504}),
    "connections are accepted and closed": (network("closing"), {502, 503}),
    "connections are accepted and reset": (network("reset"), {502, 503}),
    "the link delays by 150 ms": (network("delay"), {503, 504}),
    "answers trickle byte by byte": (network("trickle"), {0, 503, 504}),
    "the link is dead, then back": (network("cut"), {502, 503, 504}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_passes_and_leaves_nothing_behind(sweetspot, tmp_path, seen, name):
    cause, allowed = CASES[name]
    breaks_and_mends(name, cause, allowed, seen, lambda stack: Site(sweetspot, tmp_path, stack))


def breaks_and_mends(name, cause, allowed, seen, make_site):
    with contextlib.ExitStack() as stack:
        site = make_site(stack)
        with site.clients:
            before, descriptors, memory = site.warm()
            began = time.monotonic()
            with cause(site):
                time.sleep(BREAK_SECONDS)  # how long it is broken
            recovered = recovery(site, time.monotonic(), before)
            ended = time.monotonic()
        saw = describe(site, began, ended)
        seen(name, f"goodput back after {recovered:.1f} s, limit {site.status()['held_limit']}", saw)
        assert {a.status for a in site.clients.answers} - {200} <= allowed, saw
        nothing_is_left(site, descriptors, memory)
        no_post_was_sent_twice(site)
