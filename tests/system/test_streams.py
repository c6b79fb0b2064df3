"""What becomes of what is printed where nobody takes it."""

import contextlib
import os
import subprocess

import pytest

from processes import until


def into_a_full_disk(sweetspot, program, *argv):
    with open("/dev/full", "w") as full:
        return subprocess.run([sweetspot.folder / program, *map(str, argv)], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60)


@pytest.mark.parametrize("program, argv, code", [
    ("sweetspot", ["--version"], 1), ("sweetspot", ["--help"], 1), ("sweetspot", ["--check"], 1),
    ("sweetspotctl", ["--version"], 5), ("sweetspotctl", ["--help"], 5), ("sweetspotctl", ["completion", "bash"], 5),
    ("sweetspot-load", ["--version"], 5), ("sweetspot-load", ["run", "--help"], 5),
])
def test_what_does_not_fit_the_disk_is_no_success(sweetspot, program, argv, code):
    done = into_a_full_disk(sweetspot, program, *argv)
    assert done.returncode == code and "cannot be written" in done.stderr


@pytest.fixture(scope="module")
def sidecar(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms") as backend:
        with sweetspot.sidecar(backend.ready["listen"]) as sidecar:
            yield sidecar


@pytest.mark.parametrize("words", [["status"], ["status", "-o", "json"], ["explain"], ["log"], ["config", "get"],
                                   ["watch", "--interval", "100ms"], ["curve", "-o", "yaml"]], ids=" ".join)
def test_an_answer_that_does_not_fit_the_disk_is_no_success(sweetspot, sidecar, words):
    done = into_a_full_disk(sweetspot, "sweetspotctl", "--address", sidecar.ready["control"], *words)
    assert done.returncode == 5
    assert done.stderr == "sweetspotctl: the answer cannot be written to stdout\n"


def test_who_has_read_enough_ends_what_goes_on(sweetspot, sidecar):
    with subprocess.Popen([sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"], "watch",
                           "--interval", "100ms"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout.readline() != ""
        watch.stdout.close()
        watch.wait(20)
        assert watch.stderr.read() == ""


def test_a_result_that_does_not_fit_the_disk_is_no_success(sweetspot, sidecar):
    url = f"http://{sidecar.ready['proxy']}/"
    larger_than_a_buffer = f"{url}?{'a' * 5000}"
    for target, output in ((url, "text"), (url, "json"), (url, "hgrm"), (larger_than_a_buffer, "json")):
        done = into_a_full_disk(sweetspot, "sweetspot-load", "run", target, "-n", 20, "--output", output)
        assert done.returncode == 5 and "cannot be written to stdout: No space left" in done.stderr
    done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", url, "--from", "1", "--to", "1", "--step-time",
                           "100ms", "--html", "/dev/full"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 5 and '--html: cannot write the file "/dev/full": No space left' in done.stderr


def test_why_a_file_cannot_be_written_is_said_before_the_load(sweetspot, tmp_path):
    for flag in ("--html", "--svg"):
        done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", "http://127.0.0.1:1/", flag, tmp_path],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (5, "")
        assert done.stderr == f'{flag}: cannot write the file "{tmp_path}": Is a directory\n'


def test_a_log_of_requests_that_does_not_fit_the_disk_is_no_success(sweetspot, sidecar):
    done = subprocess.run([sweetspot.folder / "sweetspot-load", "run", f"http://{sidecar.ready['proxy']}/", "-n", "20",
                           "--log", "/dev/full"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 5 and '--log: "/dev/full" is not complete: No space left' in done.stderr


def close_all():
    for stream in range(3):
        os.close(stream)


@pytest.mark.parametrize("program, argv", [
    ("sweetspot", ["--listen", "unix:{folder}/socket", "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"]),
    ("sweetspot-load", ["backend", "--listen", "127.0.0.1:0"]),
])
def test_no_socket_takes_the_place_of_a_closed_stream(sweetspot, sockets, program, argv):
    """What is logged would be sent to whoever is at its other end."""
    process = subprocess.Popen([sweetspot.folder / program, *(word.format(folder=sockets) for word in argv)],
                               preexec_fn=close_all)
    try:
        descriptors = f"/proc/{process.pid}/fd"

        def has_sockets():
            with contextlib.suppress(FileNotFoundError):  # it has closed one meanwhile
                return any("socket:" in os.readlink(f"{descriptors}/{number}") for number in os.listdir(descriptors))
        until(has_sockets)
        # stdin may be what a library has opened for itself, before our first line ran.
        assert [os.readlink(f"{descriptors}/{stream}") for stream in (1, 2)] == ["/dev/null"] * 2
    finally:
        process.terminate()
        process.wait(20)
