"""What a start makes of the state that an earlier run left, or somebody else, or a broken disk."""

import os
import pathlib
import re
import time
import zlib

import pytest

from processes import until


def text_of(limit=23, age=0, upstream="127.0.0.1:1", objective="balanced", **machine):
    """A state file as another program would write it."""
    saved = int((time.time() - age) * 1000)
    lines = ["sweetspot state 3", f"limit {limit}", f"saved_unix_ms {saved}", f"upstream {upstream}",
             f"objective {objective}", f"cpus {machine['cpus']}", f"cpu_quota {machine['cpu_quota']}",
             f"cpu_model {machine['cpu_model']}", f"upstream_version {machine['upstream_version']}", "curve 1",
             f"point 16 {saved} 500 697.5 15.9 22000000 30000000", ""]
    text = "\n".join(lines)
    return text + f"crc32 {zlib.crc32(text.encode()):08x}\n"


@pytest.fixture(scope="module")
def machine(sweetspot, tmp_path_factory):
    """The fingerprint of this machine, from a state that a sidecar saved when it had settled."""
    path = tmp_path_factory.mktemp("state") / "state"
    with sweetspot.backend("--model", "sleep", "--service-time", "5ms", "--parallelism", "4") as backend:
        with sweetspot.sidecar(backend.ready["listen"], "--state.file", path, "--limit.max", "8") as sidecar:
            with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "16", "-z", "60s"):
                until(path.exists, timeout=60)
    fields = dict(line.split(" ", 1) for line in path.read_text().splitlines())
    return {name: fields[name] for name in ("cpus", "cpu_quota", "cpu_model", "upstream_version")}


def start(sweetspot, path):
    """The limit that a start chose, and what it logged of the state."""
    with sweetspot.sidecar("127.0.0.1:1", "--state.file", path, "--limit.initial", "8") as sidecar:
        status = sweetspot.status(sidecar.ready["control"])
        return status["limit"], status["last_verdict"]["reason"], sidecar.errors()


def test_a_fresh_state_of_this_machine_is_where_it_starts(sweetspot, machine, tmp_path):
    (tmp_path / "state").write_text(text_of(**machine))
    limit, reason, log = start(sweetspot, tmp_path / "state")
    assert (limit, reason) == (23, "remembered")
    assert "state_remembered" in log


@pytest.mark.parametrize("change, problem", [
    ({"age": 25 * 3600}, "too old"),
    ({"age": -3600}, "dated in the future"),
    ({"upstream": "127.0.0.1:2"}, "of another upstream"),
    ({"objective": "throughput"}, "of another objective"),
    ({"cpus": 4096}, "of another number of CPUs"),
    ({"cpu_quota": "0.123"}, "of another CPU quota"),
    ({"cpu_model": "Another CPU"}, "of another CPU model"),
    ({"upstream_version": "9.9"}, "of another version of the upstream"),
])
def test_a_stale_or_foreign_state_is_named_and_not_trusted(sweetspot, machine, tmp_path, change, problem):
    (tmp_path / "state").write_text(text_of(**{**machine, **change}))
    limit, reason, log = start(sweetspot, tmp_path / "state")
    assert (limit, reason) == (8, "start")
    assert re.search(rf'state_ignored .*problem="?{problem}', log), log


@pytest.mark.parametrize("spoil, problem", [
    (lambda text: text.replace("limit 23", "limit 99"), "corrupt"),
    (lambda text: text[: len(text) // 2], "corrupt"),
    (lambda text: "", "corrupt"),
    (lambda text: text + "more", "corrupt"),
    (lambda text: text.replace("state 3", "state 2"), "of another version of sweetspot"),
])
def test_a_spoilt_state_is_named_and_not_trusted(sweetspot, machine, tmp_path, spoil, problem):
    (tmp_path / "state").write_text(spoil(text_of(**machine)))
    limit, reason, log = start(sweetspot, tmp_path / "state")
    assert (limit, reason) == (8, "start")
    assert re.search(rf'state_ignored .*problem="?{problem}', log), log


def test_a_state_that_cannot_be_read_or_written_is_named(sweetspot, tmp_path):
    os.mkdir(tmp_path / "state")
    limit, reason, log = start(sweetspot, tmp_path / "state")
    assert (limit, reason) == (8, "start") and "state_ignored" in log
    with sweetspot.sidecar("127.0.0.1:1", "--state.file", pathlib.Path("/none/state")) as sidecar:
        until(lambda: "doctor_warning check=storage" in sidecar.errors())
        assert "/none/state cannot be written" in sidecar.errors()
