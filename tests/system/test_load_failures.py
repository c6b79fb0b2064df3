"""The load tool against servers that fail in every way they know, and against people who interrupt it."""

import collections
import json
import re
import signal
import subprocess
import threading

import pytest

from processes import free_port, until
from scripted import scripted


def load(sweetspot, *argv, timeout=60):
    return subprocess.run([sweetspot.folder / "sweetspot-load", *map(str, argv)], capture_output=True, text=True,
                          timeout=timeout)


def report_of(sweetspot, url, timeout="20s"):
    done = load(sweetspot, "run", url, "-c", 2, "-n", 6, "--timeout", timeout, "--output", "json")
    return done.returncode, json.loads(done.stdout)


def resets(peer):
    peer.request()
    peer.reset()


def answers_half(peer):
    peer.request()
    peer.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")


def is_slow(peer):
    peer.request()
    peer.wait_until_left()


def speaks_another_language(peer):
    peer.connection.sendall(b"220 mail.example ESMTP\r\n\r\n")
    peer.wait_until_left()


@pytest.mark.parametrize("script, error, cause", [
    (resets, "reset", "Connection reset"),
    (answers_half, "reset", "closed before the response was complete"),
    (is_slow, "timeout", "in time"),
    (speaks_another_language, "protocol", "not HTTP"),
])
def test_a_failing_server_is_named(sweetspot, script, error, cause):
    with scripted(script) as address:
        code, report = report_of(sweetspot, f"http://{address}/", "200ms" if script is is_slow else "20s")
    assert code == 1
    assert report["errors"][error] == 6 == report["requests"]
    assert cause in report["causes"][error]
    assert report["latency"][error]["count"] == 6


@pytest.mark.parametrize("flags", [["-D"], ["--body-lines"], ["--targets"], ["--ca"], ["--cert"]])
def test_a_file_without_end_is_not_read_without_end(sweetspot, flags):
    done = load(sweetspot, "run", "https://127.0.0.1:1/", "-n", 1, *flags, "/dev/zero")
    assert done.returncode == 2
    assert re.search(r'"/dev/zero" (has more than 256 MiB|is not a regular file)', done.stderr), done.stderr


def test_a_body_may_come_from_a_pipe(sweetspot):
    requests = []

    def keep(peer):
        requests.append(peer.request())
        peer.answer()
    with scripted(keep) as address:
        done = subprocess.run([sweetspot.folder / "sweetspot-load", "run", f"http://{address}/", "-n", "1", "-c", "1",
                               "--no-keepalive", "-D", "/dev/stdin", "--output", "json"], input=b"x" * 100_000,
                              capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert requests[0].endswith("\r\n\r\n" + "x" * 100_000)


def test_a_server_that_is_not_there_is_named(sweetspot):
    code, report = report_of(sweetspot, f"http://127.0.0.1:{free_port()}/")
    assert (code, report["errors"]["connect"]) == (1, 6)
    assert report["causes"]["connect"] == "Connection refused"


def test_a_host_that_is_not_there_is_named(sweetspot):
    done = load(sweetspot, "run", "http://no-such-host.invalid/", "-n", 1)
    assert done.returncode == 1 and "no-such-host.invalid" in done.stderr and not done.stdout


def test_a_run_in_which_nothing_ends_says_so(sweetspot):
    with scripted(is_slow) as address:
        done = load(sweetspot, "run", f"http://{address}/", "-z", "50ms")
    assert done.returncode == 1 and "no request came to its end" in done.stderr


def freezes_after_four(peer):
    for _ in range(4):
        if not peer.request():
            return
        peer.answer()
    is_slow(peer)


@pytest.mark.parametrize("flags", [[], ["--rate", "50"]], ids=["closed", "open"])
def test_a_target_that_freezes_does_not_look_healthy(sweetspot, flags):
    with scripted(freezes_after_four) as address:
        done = load(sweetspot, "run", f"http://{address}/", "-c", 2, "-z", "1s", "--threshold", "errors<1%", *flags,
                    "--output", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 99
    assert report["requests"] == report["successes"] == 8
    assert report["hung"] == report["unanswered"]["count"] == 2
    assert "hung" in [doubt["reason"] for doubt in report["doubts"]]
    assert report["thresholds"][0]["value"] == pytest.approx(0.2)


def test_latency_is_split_by_outcome(sweetspot):
    """Two in five are well, one each is not found, refused, or broken: none is in the figures of another."""
    statuses = ["200 OK", "404 Not Found", "503 No", "200 OK", "500 Oh"]
    turn = collections.deque(statuses * 20)

    def script(peer):
        while peer.request():
            peer.answer(turn.popleft())
    with scripted(script) as address:
        done = load(sweetspot, "run", f"http://{address}/", "-c", 1, "-n", 100, "--output", "json")
    report = json.loads(done.stdout)
    counts = {outcome: figures["count"] for outcome, figures in report["latency"].items()}
    assert counts == {"2xx_3xx": 40, "4xx": 20, "refused": 20, "5xx": 20}
    assert report["successes"] == 60


def test_a_client_that_is_refused_comes_back_when_it_was_told_to(sweetspot):
    asked = []

    def script(peer):
        while peer.request():
            asked.append(1)
            peer.answer(*(["503 No", "Retry-After: 1"] if len(asked) == 1 else ["200 OK"]))
    with scripted(script) as address:
        url = f"http://{address}/"
        done = load(sweetspot, "run", url, "-c", 1, "-n", 2, "--honour-retry-after", "--output", "json")
    assert json.loads(done.stdout)["duration_s"] >= 1
    assert load(sweetspot, "run", url, "--honour-retry-after", "--rate", 5).returncode == 2


@pytest.mark.parametrize("flags", [
    ("run", "-c", "4"), ("run", "-c", "4", "--rate", "500"), ("run", "-c", "4", "--warm-up", "60s"),
    ("run", "-c", "4", "--ramp", "4s"), ("sweep", "--step-time", "60s"),
    ("run", "-c", "4", "--stage", "1m:4", "--stage", "1m:9")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_interrupts_it_gets_what_there_is(sweetspot, flags, number):
    served = threading.Event()

    def script(peer):
        while peer.request():
            served.set()
            peer.answer()
    with scripted(script) as address:
        with sweetspot.load(*flags, f"http://{address}/", "--output", "json") as program:
            assert served.wait(10)
            program.send_signal(number)
            assert program.wait(10) == 0
            program._reader.join(5)
    report = json.loads("\n".join(program.lines))
    assert report["interrupted"] is True
    if flags[0] == "run":
        assert report["requests"] == sum(report["status"].values()) + sum(report["errors"].values())


def test_it_can_be_interrupted_while_nobody_answers(sweetspot):
    reached = threading.Event()

    def script(peer):
        peer.request()
        reached.set()
        peer.wait_until_left()
    with scripted(script) as address:
        with sweetspot.load("run", f"http://{address}/", "-c", "3", "--output", "json") as program:
            assert reached.wait(10)
            program.send_signal(signal.SIGINT)
            assert program.wait(5) == 0
            program._reader.join(5)
    assert json.loads("\n".join(program.lines))["requests"] == 0


def test_a_result_that_cannot_be_written_is_not_called_done(sweetspot):
    with scripted(lambda peer: peer.request() and peer.answer()) as address, open("/dev/full", "w") as full:
        done = subprocess.run([sweetspot.folder / "sweetspot-load", "run", f"http://{address}/", "-n", "1"],
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 5 and "No space left" in done.stderr


def test_a_page_that_cannot_be_written_is_told_before_the_sweep(sweetspot, tmp_path):
    requests = []
    with scripted(lambda peer: requests.append(peer.request())) as address:
        done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", f"http://{address}/", "--html", tmp_path / "no" / "page"],
                              capture_output=True, text=True, timeout=30)
    assert done.returncode == 5 and str(tmp_path / "no" / "page") in done.stderr
    assert not requests


def test_progress_is_shown_to_who_watches(sweetspot):
    """On a terminal there is a bar with rate, p99 and time left; a result on stdout is not mixed with it."""
    import os
    import pty

    def script(peer):
        while peer.request():
            peer.answer()
    with scripted(script) as address:
        ours, theirs = pty.openpty()
        process = subprocess.Popen([sweetspot.folder / "sweetspot-load", "run", f"http://{address}/", "-c", "2", "-z",
                                    "1500ms", "--output", "json"], stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        seen = bytearray()

        def read():
            try:
                while chunk := os.read(ours, 4096):
                    seen.extend(chunk)
            except OSError:
                pass
        reader = threading.Thread(target=read)
        reader.start()
        json.loads(process.communicate(timeout=30)[0])
        reader.join(5)
        os.close(ours)
    until(lambda: b"s left" in seen, what="the line")
    assert b"[###" in seen and b"p99" in seen and b"/s" in seen


def test_a_log_of_requests_has_a_line_for_each_and_says_where_it_cannot_be_written(sweetspot, tmp_path):
    with sweetspot.backend() as backend:
        url, log = f"http://{backend.ready['listen']}/", tmp_path / "requests.csv"
        assert load(sweetspot, "run", url, "-n", 30, "-c", 3, "--log", log).returncode == 0
        assert len(log.read_text().splitlines()) == 31
        done = load(sweetspot, "run", url, "-n", 30, "-c", 3, "--log", tmp_path / "no" / "log")
        assert done.returncode == 5 and str(tmp_path / "no" / "log") in done.stderr and not done.stdout
        done = load(sweetspot, "run", url, "-n", 30, "-c", 3, "--log", "/dev/full")
        assert done.returncode == 5 and "not complete" in done.stderr
