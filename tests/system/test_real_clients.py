"""Clients and a server that nobody here wrote, through the proxy."""

import hashlib
import os
import re
import subprocess

import pytest

from processes import nginx

BIG = os.urandom(5 * 1024 * 1024)


@pytest.fixture(scope="module")
def origin():
    with nginx({"big": BIG}) as address:
        yield address


@pytest.fixture(scope="module")
def proxy(sweetspot, origin):
    with sweetspot.sidecar(origin, "--limit.initial", "64", "--tuner.algorithm", "fixed") as sidecar:
        yield sidecar.ready["proxy"]


@pytest.fixture(scope="module")
def echo(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms", "--parallelism", "8") as backend:
        with sweetspot.sidecar(backend.ready["listen"]) as sidecar:
            yield backend.ready["listen"], sidecar.ready["proxy"]


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, timeout=120)


def curl(*argv):
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *argv], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hey_sees_no_error(proxy):
    done = run("hey", "-n", "20000", "-c", "200", f"http://{proxy}/small")
    assert re.findall(r"\[(\d+)\]\s+(\d+) responses", done.stdout) == [("200", "20000")], done.stdout
    assert "Error distribution" not in done.stdout


def test_wrk_sees_no_error(proxy):
    done = run("wrk", "-t1", "-c100", "-d5s", f"http://{proxy}/small")
    assert done.returncode == 0, done.stderr
    assert int(re.search(r"(\d+) requests in", done.stdout).group(1)) > 1000
    assert "Socket errors" not in done.stdout and "Non-2xx" not in done.stdout


def test_get_of_five_megabytes_is_identical(proxy):
    assert hashlib.sha256(curl(f"http://{proxy}/big")).digest() == hashlib.sha256(BIG).digest()


def test_head_is_as_the_direct_answer(origin, proxy):
    def fields(address):
        lines = curl("--head", f"http://{address}/big").decode().lower().split("\r\n")
        return lines[0], {x for x in lines[1:] if x and not x.startswith(("date:", "connection:", "via:"))}
    assert fields(proxy) == fields(origin)


def test_a_range_is_as_the_direct_answer(origin, proxy):
    args = ("-H", "Range: bytes=1000-1999")
    assert curl(*args, f"http://{proxy}/big") == curl(*args, f"http://{origin}/big") == BIG[1000:2000]


@pytest.mark.parametrize("framing", [[], ["-H", "Transfer-Encoding: chunked"],
                                     ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]])
@pytest.mark.parametrize("size", [0, 1, 70_000, 5 * 1024 * 1024])
def test_a_body_comes_back_identical(echo, tmp_path, framing, size):
    direct, through = echo
    body = tmp_path / "body"
    body.write_bytes(BIG[:size])
    for address in (direct, through):
        assert curl(*framing, "--data-binary", f"@{body}", f"http://{address}/echo") == BIG[:size]


def test_unchanged_status_and_fields_of_an_error(origin, proxy):
    done = curl("-i", f"http://{proxy}/missing").decode()
    assert done.startswith("HTTP/1.1 404 ") and "nginx" in done
