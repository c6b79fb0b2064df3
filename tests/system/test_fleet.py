"""Three sidecars and one Lease, against an API server that speaks Kubernetes' protocol: who explores when."""

import contextlib
import itertools
import json
import signal
import time

import pytest

from fleet import Replica, TERM, overlaps
from kube_api import KubeApi
from processes import until

@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with KubeApi(tmp_path_factory.mktemp("api")) as server:
        yield server


@pytest.fixture(scope="module")
def stack():
    with contextlib.ExitStack() as programs:
        yield programs


@pytest.fixture(scope="module")
def replicas(sweetspot, api, stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    made = [Replica(stack, sweetspot, api.url, api.credentials(name), folder, name) for name in ("a", "b", "c")]
    for replica in made:
        until(lambda: any(d["state"] == "hold" for d in replica.decisions()), 60, f"{replica.name} holds")
    return made


class Outsider:
    """Holds the Lease as somebody else, until it is let go."""

    def __init__(self, api):
        self.api = api

    def __enter__(self):
        def take():
            if self.api.holder in ("", "outsider"):
                with self.api.lock:
                    lease = self.api.lease
                    lease["spec"].update(holderIdentity="outsider", leaseDurationSeconds=3600)
                    self.api.put(self.api.lease_path, lease)
                return True
        until(take, 30, "a free Lease")

    def __exit__(self, *_):
        lease = self.api.lease
        lease["spec"].update(holderIdentity="", leaseDurationSeconds=1)
        self.api.put(self.api.lease_path, lease)


def wait_for_all_to_want(replicas):
    """Under an outsider's Lease nobody explores, so sooner or later each wants to: the last probe was over a while ago."""
    until(lambda: all(time.time() - max([end for _, end in r.turns()] or [0]) > 9 for r in replicas), 40)


def test_a_cold_start_climbs_without_the_lease(replicas):
    for replica in replicas:
        first = [d for d in replica.decisions() if "lo" in d][0]
        began = replica.turns()
        assert not began or int(first["unix_time_ms"]) / 1000 < began[0][0]


def test_each_explores_in_its_turn_and_never_two_at_once(replicas):
    until(lambda: all(r.turns() for r in replicas), 60, "a turn of each")
    assert overlaps(replicas) == []
    for replica in replicas:
        spans = replica.turns()
        outside = [at for at in replica.explored() if not any(begin <= at <= end for begin, end in spans)]
        assert outside == []


def test_what_was_learnt_is_published(replicas, api):
    known = until(api.knowledge, 30, "knowledge")
    assert known[0]["by"] and 0 < known[0]["confidence"] <= 1
    assert known[0]["limit"] in {d["to"] for r in replicas for d in r.decisions()}


def test_a_replica_that_comes_later_starts_from_what_is_known(replicas, api, sweetspot, stack, tmp_path):
    lease = api.lease
    known = json.loads(lease["metadata"]["annotations"]["sweetspot/knowledge"])
    known[0].update(limit=11, confidence=0.9, by="a-neighbour")
    lease["metadata"]["annotations"]["sweetspot/knowledge"] = json.dumps(known)
    with Outsider(api):
        lease["spec"] = api.lease["spec"]
        api.put(api.lease_path, lease)
        with contextlib.ExitStack() as own:
            late = Replica(own, sweetspot, api.url, api.credentials("late"), tmp_path, "late")
            until(lambda: any(d["reason"] == "published" for d in late.decisions()), 10, "a start from knowledge")
            until(lambda: any(d["state"] == "hold" for d in late.decisions()), 60, "a hold")
            start = [d for d in late.decisions() if d["reason"] == "published"][0]
            assert start["to"] == 11 and "learnt by a-neighbour" in start["sentence"]
            compared = [d for d in late.decisions() if "hi" in d]
            assert compared and all(d["hi"]["limit"] <= 11 for d in compared)  # verified, and not beyond


def test_the_server_is_asked_little(replicas, api):
    for replica in replicas:
        def writes(name=replica.name):  # a conflict writes nothing
            return [c.at for c in api.calls_of(name, "update") if c.status != 409]
        until(lambda: len(writes()) >= 2, 60, "a turn that is taken and given back")
        written = writes()
        assert len(api.calls_of(replica.name, "watch")) == 1
        # A third of the term between two, and so on; of which a busy machine may notice some half a second late.
        spans = [(later - earlier, j - i) for (i, earlier), (j, later) in itertools.combinations(enumerate(written), 2)]
        assert all(span > gaps * TERM / 3 - 0.5 for span, gaps in spans), written


def test_a_holder_that_is_killed_is_replaced_within_the_leases_term(replicas, api):
    with Outsider(api):
        wait_for_all_to_want(replicas)
    victim = until(lambda: next((r for r in replicas if r.status()["fleet"] == "exploring"), None), 20, "a holder")
    victim.sidecar.send_signal(signal.SIGKILL)
    killed, holder = time.monotonic(), api.holder
    until(lambda: api.holder not in ("", holder), 2 * TERM, "another holder")
    assert time.monotonic() - killed < 1.5 * TERM  # its ticks, a jitter of a thirtieth, and a machine that is busy
    assert overlaps(r for r in replicas if r is not victim) == []
    replicas.remove(victim)
    victim.load.stop()


def test_a_watch_that_is_too_old_begins_anew(replicas, api):
    name = replicas[0].name
    before = len(api.calls_of(name, "watch"))
    api.expire_watches()
    until(lambda: len(api.calls_of(name, "watch")) > before, 10, "a new watch")
    assert replicas[0].status()["fleet"] in ("following", "exploring")


def test_a_replica_that_is_cut_off_holds_and_says_so(replicas, api):
    cut, other = replicas[:2]
    api.cut(cut.name)
    until(lambda: cut.status()["fleet"] == "unavailable", 20, "the cut")
    assert cut.status()["state"] == "hold"
    before = len(other.turns())
    until(lambda: len(other.turns()) > before, 40, "a turn of the other")
    assert overlaps(replicas) == []
    with api.lock:
        api.cut_off.clear()
    until(lambda: cut.status()["fleet"] in ("following", "exploring"), 90, "the end of the cut")


def test_without_permission_it_holds_serves_and_says_so(replicas, api):
    refused = replicas[0]
    with api.lock:
        api.answers[refused.name] = (403, {})
    api.expire_watches()
    until(lambda: refused.status()["fleet"] == "refused", 20, "the refusal")
    status = refused.status()
    assert status["state"] == "hold" and status["throughput"] > 0
    with api.lock:
        del api.answers[refused.name]


def test_a_busy_server_is_left_alone_as_long_as_it_asks(replicas, api):
    busy = replicas[1]
    with api.lock:
        api.answers[busy.name] = (429, {"Retry-After": "4"})
    began = time.monotonic()
    api.expire_watches()
    until(lambda: [c for c in api.calls_of(busy.name) if c.status == 429 and c.verb == "get"], 10)
    until(lambda: time.monotonic() - began > 6, 10)
    with api.lock:
        asked = [c.at for c in api.calls_of(busy.name, "get") if c.at > began and c.status == 429]
        del api.answers[busy.name]
    assert all(later - earlier >= 4 for earlier, later in zip(asked, asked[1:]))


def test_a_token_that_is_rotated_is_used_at_once(replicas, api):
    rotated = replicas[1]
    folder = api.folder / rotated.name
    with api.lock:
        api.tokens.discard(rotated.name)
        api.tokens.add("rotated")
    (folder / "token").write_text("rotated")
    api.expire_watches()
    until(lambda: api.calls_of("rotated", "watch"), 30, "a watch by the new token")


def test_a_sidecar_that_ends_gives_the_lease_back(replicas, api):
    for replica in replicas:
        assert replica.sidecar.stop() == 0
    assert api.holder == ""
