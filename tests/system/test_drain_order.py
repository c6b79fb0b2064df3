"""A drain that an operator asks for, as a pod's preStop hook does."""

import threading
import urllib.request

import pytest

from processes import Failed, until


@pytest.fixture
def backend(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1s") as program:
        yield program


def ready_code(admin):
    try:
        return urllib.request.urlopen(f"http://{admin}/readyz", timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code


def test_waits_for_what_is_under_way_and_stays_until_the_signal(sweetspot, backend):
    with sweetspot.sidecar(backend.ready["listen"]) as sidecar:
        control, answers = sidecar.ready["control"], []
        url = f"http://{sidecar.ready['proxy']}/"
        client = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(url).status))
        client.start()
        until(lambda: sweetspot.status(control)["in_flight"] == 1)
        sweetspot.ctl(control, "drain", "--wait")
        client.join()
        assert answers == [200]
        status = sweetspot.status(control)
        assert (status["state"], status["drained"], status["in_flight"]) == ("drain", True, 0)
        assert status["last_verdict"]["action"] == "drain"
        assert ready_code(sidecar.ready["admin"]) == 503
        sweetspot.ctl(control, "drain", "--wait")  # again: nothing to do
        assert sidecar.stop() == 0


def test_a_signal_joins_the_drain_instead_of_cutting_it_short(sweetspot, backend):
    with sweetspot.sidecar(backend.ready["listen"]) as sidecar:
        answers = []
        url = f"http://{sidecar.ready['proxy']}/"
        client = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(url).status))
        client.start()
        until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 1)
        sweetspot.ctl(sidecar.ready["control"], "drain")
        assert sidecar.stop() == 0
        client.join()
        assert answers == [200]


def test_says_when_the_grace_ran_out(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "30s") as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--drain.grace", "100ms") as sidecar:
        url = f"http://{sidecar.ready['proxy']}/"

        def ask():
            try:
                urllib.request.urlopen(url)
            except OSError:
                pass  # it is cut off

        client = threading.Thread(target=ask)
        client.start()
        until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 1)
        with pytest.raises(Failed, match="drain.grace ran out"):
            sweetspot.ctl(sidecar.ready["control"], "drain", "--wait")
        sidecar.stop()
        client.join()
