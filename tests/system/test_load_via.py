"""The load tool sweeps the limit of a running sidecar, and leaves it as it was."""

import json
import signal
import subprocess

import pytest

from processes import until


@pytest.fixture
def pool(sweetspot):
    with sweetspot.backend("--model", "sleep", "--parallelism", "4", "--service-time", "20ms") as backend:
        with sweetspot.sidecar(backend.ready["listen"], "--limit.initial", "6", "--limit.max", "32") as sidecar:
            yield backend, sidecar


def sweep(sweetspot, sidecar, *flags):
    return sweetspot.load("sweep", f"http://{sidecar.ready['proxy']}/", "--via", sidecar.ready["control"], "--output",
                          "json", *map(str, flags))


def test_the_real_limit_is_swept_and_put_back(sweetspot, pool):
    backend, sidecar = pool
    control = sidecar.ready["control"]
    with sweep(sweetspot, sidecar, "--from", 2, "--to", 8, "--factor", 4, "--no-refine", "--pid",
               backend.pid) as program:
        until(lambda: sweetspot.status(control)["pinned"], what="the pin")
        assert program.wait(90) == 0, program.errors()
        program._reader.join(5)
    low, high = json.loads("\n".join(program.lines))["levels"]
    assert (low["pool_size"], high["pool_size"]) == (2, 8)
    assert low["valid"] and high["valid"], (low, high)
    # The backend's own latency, without the queue in which the clients stand: 20 ms while it is not full.
    assert 20 <= low["p50_ms"] < 30
    assert high["p50_ms"] == pytest.approx(40, rel=0.3)
    assert low["throughput"] == pytest.approx(100, rel=0.2)
    assert high["threads"] <= 8 + 3  # a thread a connection, and the backend's own
    after = sweetspot.status(control)
    assert not after["pinned"]


def test_an_interrupted_sweep_puts_the_limit_back(sweetspot, pool):
    sidecar = pool[1]
    control = sidecar.ready["control"]
    with sweep(sweetspot, sidecar, "--from", 16, "--to", 32) as program:
        until(lambda: sweetspot.status(control)["limit"] == 16, what="the first level")
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0
        program._reader.join(5)
    assert json.loads("\n".join(program.lines))["stop"]["reason"] == "interrupted"
    after = sweetspot.status(control)
    assert not after["pinned"] and after["limit"] < 16


def test_a_pin_stays_a_pin(sweetspot, pool):
    sidecar = pool[1]
    control = sidecar.ready["control"]
    sweetspot.ctl(control, "pin", "5")
    with sweep(sweetspot, sidecar, "--from", 16, "--to", 32) as program:
        until(lambda: sweetspot.status(control)["limit"] == 16, what="the first level")
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0
    after = sweetspot.status(control)
    assert after["pinned"] and after["limit"] == 5


def test_a_sidecar_that_dies_ends_the_sweep(sweetspot, pool):
    sidecar = pool[1]
    with sweep(sweetspot, sidecar, "--from", 2, "--to", 8) as program:
        until(lambda: sweetspot.status(sidecar.ready["control"])["limit"] == 2, what="the first level")
        sidecar.send_signal(signal.SIGKILL)
        assert program.wait(30) == 1
        assert "the sidecar at" in program.errors()


@pytest.mark.parametrize("flags, words", [
    (["--from", 1, "--to", 64], ["1 to 32", "1 to 64"]),
    (["--via-ca", "/no/such/file"], ["/no/such/file"]),
    (["--to", 16, "--clients", 8], ["--clients"]),
])
def test_what_cannot_be_swept_is_named(sweetspot, pool, flags, words):
    done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", f"http://{pool[1].ready['proxy']}/", "--via",
                           pool[1].ready["control"], *map(str, flags)], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2)
    for word in words:
        assert word in done.stderr


def test_nobody_at_the_control_address(sweetspot):
    done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", "http://127.0.0.1:1/", "--via",
                           "127.0.0.1:1"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "--via: the sidecar at 127.0.0.1:1" in done.stderr
