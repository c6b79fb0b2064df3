"""What the network does to the sidecar, shown in namespaces of the test's own: a link that goes down, names
that fail and change."""

import contextlib
import time

import pytest

import own_network
from processes import until
from test_faults import BREAK_SECONDS, breaks_and_mends
from world import Site, describe, no_post_was_sent_twice, nothing_is_left, recovery

pytestmark = pytest.mark.skipif(own_network.missing() is not None, reason=str(own_network.missing()))
NEAR, FAR = "10.99.0.1", "10.99.0.2"
LINK_DOWN = "a link between two networks is down, then up"
NAME_FAILS, NAME_CHANGES = "the upstream's name has no answer", "the upstream's name changes its address"


@pytest.fixture
def networks():
    """Makes networks that end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda etc=None: stack.enter_context(own_network.Network(etc))


def test_a_link_goes_down_and_up(sweetspot, tmp_path, networks, seen):
    here, there = networks(), networks()
    here.connect(there, NEAR, FAR)

    @contextlib.contextmanager
    def down(_):
        here.set_link("down")
        yield
        here.set_link("up")

    here.run(breaks_and_mends, LINK_DOWN, down, {502, 503, 504}, seen,
             lambda stack: Site(sweetspot, tmp_path, stack, host=FAR, beyond=there))


def test_a_name_has_no_answer_and_then_another(sweetspot, tmp_path, networks, seen):
    networks(own_network.resolved_by_test(tmp_path)).run(names, sweetspot, tmp_path, seen)


def names(sweetspot, folder, seen):
    resolver = own_network.Resolver()
    resolver.addresses = ["127.0.0.11"]
    resolver.start()
    with contextlib.ExitStack() as stack:
        site = Site(sweetspot, folder, stack, "--resolve.interval", "1s", host="0.0.0.0", name="backend.test")
        with site.clients:
            before, descriptors, memory = site.warm(stays_pinned=True)
            began, asked = time.monotonic(), resolver.asked
            resolver.addresses = []
            until(lambda: resolver.asked > asked + 2, what="questions that fail")
            failing = site.goodput(BREAK_SECONDS)
            changed = time.monotonic()
            resolver.addresses = ["127.0.0.12"]
            until(lambda: "127.0.0.12" in site.relay.reached, what="connections to the new address")
            moved = time.monotonic() - changed
            recovered = recovery(site, time.monotonic(), before)
            ended = time.monotonic()
        saw = describe(site, began, ended)
        seen(NAME_FAILS, f"the address known before stays, {failing / before:.0%} of the goodput",
             saw)
        seen(NAME_CHANGES, f"the new one in use after {moved:.1f} s, goodput back "
             f"{recovered:.1f} s later", saw)
        assert {a.status for a in site.clients.answers} == {200}, saw
        assert failing >= 0.9 * before
        nothing_is_left(site, descriptors, memory)
        no_post_was_sent_twice(site)
