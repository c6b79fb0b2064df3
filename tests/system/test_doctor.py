"""What the doctor says of real processes, when it is asked and when the sidecar starts."""

import contextlib
import json
import os
import socket
import subprocess

import pytest

from processes import Failed, free_port, until


def diagnosed(sweetspot, sidecar):
    found = {}
    for finding in json.loads(sweetspot.ctl(sidecar.ready["control"], "doctor", "-o", "json"))["findings"]:
        found.setdefault(finding["check"], []).append((finding["level"], finding["sentence"]))
    return found


def findings(sweetspot, sidecar):
    """The sidecar examines itself as it starts, and does one diagnosis at a time."""
    def when_free():
        try:
            return diagnosed(sweetspot, sidecar)
        except Failed as busy:
            assert "another diagnosis runs" in str(busy), busy
            return None
    return until(when_free)


def test_a_backend_that_answers_and_tells_its_pool(sweetspot):
    with sweetspot.backend("--threads", "12") as backend:
        with sweetspot.sidecar(backend.ready["listen"], "--backend.pid", backend.pid) as sidecar:
            found = findings(sweetspot, sidecar)
            assert [check for check in found] == ["clock", "files", "cpus", "threads", "accept_queue", "bounds",
                                                  "upstream", "storage"]
            level, sentence = found["upstream"][0]
            assert level == "ok" and backend.ready["listen"] in sentence and "HTTP/1.1" in sentence
            level, sentence = found["bounds"][0]
            assert level == "warning" and "a pool of 12" in sentence and "limit.max to 12" in sentence
            assert "ns" in found["clock"][0][1]
            until(lambda: "doctor_warning check=bounds" in sidecar.errors())


def test_nobody_there_is_a_problem_and_a_warning_at_the_start(sweetspot):
    with sweetspot.sidecar("127.0.0.1:1", "--workers", str(os.cpu_count() + 1)) as sidecar:
        until(lambda: "check=upstream" in sidecar.errors())
        assert "cannot be reached: Connection refused" in sidecar.errors()
        assert "more workers than CPUs" in sidecar.errors()
        with pytest.raises(Failed, match="doctor found a problem: upstream"):
            sweetspot.ctl(sidecar.ready["control"], "doctor")


def test_each_address_of_the_upstream_is_asked(sweetspot):
    with sweetspot.backend() as backend:
        with sweetspot.sidecar(backend.ready["listen"], "127.0.0.1:1") as sidecar:
            until(lambda: "check=upstream" in sidecar.errors())
            done = subprocess.run([sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"], "doctor"],
                                  capture_output=True, text=True, timeout=20)
    found = [line.split(maxsplit=2) for line in done.stdout.splitlines() if " upstream " in line]
    assert found == [["ok", "upstream", f"{backend.ready['listen']} answers: HTTP/1.1 200 OK"],
                     ["problem", "upstream", "127.0.0.1:1 cannot be reached: Connection refused"]]


def test_what_cannot_be_seen_or_written_is_named(sweetspot, tmp_path):
    with sweetspot.sidecar("127.0.0.1:1", "--backend.process", "none-of-these", "--decisions.file", tmp_path,
                           "--recording.file", tmp_path / "no" / "file") as sidecar:
        until(lambda: "check=upstream" in sidecar.errors())
        done = subprocess.run([sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"], "doctor"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 1
        assert "no process of backend.process none-of-these" in done.stdout
        assert f"decisions.file: {tmp_path} is a folder" in done.stdout
        assert f"recording.file: {tmp_path}/no/file cannot be written: No such file" in done.stdout


def own_addresses():
    """That by which this machine would be seen elsewhere, if there is one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]
    return []


def test_an_upstream_that_is_the_sidecar_itself_is_a_problem(sweetspot, sockets):
    """Where the texts are the same, it is refused."""
    port = free_port()
    ways = [(f"unix:{sockets}/./socket", f"unix:{sockets}/socket")]
    ways += [(f"{own}:{port}", f"0.0.0.0:{port}") for own in own_addresses()]
    for upstream, listen in ways:
        with sweetspot.sidecar(upstream, listen=listen) as sidecar:
            until(lambda: "check=upstream" in sidecar.errors())
            assert f"{upstream} is where the sidecar itself listens" in sidecar.errors()


def test_an_upstream_that_leads_back_by_way_of_another_is_a_problem(sweetspot):
    first, second = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with sweetspot.sidecar(second, listen=first), sweetspot.sidecar(first, listen=second) as sidecar:
        until(lambda: f"{first} leads back to this sidecar" in sidecar.errors())


def test_a_quick_end_does_not_wait_for_the_doctor(sweetspot):
    with sweetspot.sidecar("127.0.0.1:1") as sidecar:
        assert sidecar.stop() == 0
