import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import processes  # noqa: E402
from wire import Origin, exchange  # noqa: E402


@pytest.fixture(scope="session")
def captured():
    """An origin that keeps what it is sent."""
    origin = Origin()
    yield origin
    origin.close()


@pytest.fixture(scope="session")
def start(captured):
    """Starts a proxy before that origin."""
    folder = os.environ.get("SWEETSPOT_BIN", processes.ROOT / "build/release/bin")
    sweetspot = processes.Sweetspot(folder)

    def sidecar(*flags):
        return sweetspot.sidecar(captured.address, "--limit.pin", "8", "--downstream.stall_timeout", "5s", *flags)
    return sidecar


@pytest.fixture(scope="session")
def proxy(start):
    with start() as sidecar:
        yield sidecar.ready["proxy"]


@pytest.fixture
def origin(captured, proxy):
    """It, with nothing received yet. Afterwards the proxy must still be in step with it."""
    captured.forget()
    yield captured
    assert captured.malformed == []
    captured.forget()
    answer, _ = exchange(proxy, b"GET /in-step HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ") and captured.requests[-1].line == b"GET /in-step HTTP/1.1"


@pytest.fixture(scope="session")
def node():
    """Parses requests with node's parser: a list of bytes -> what it saw of each."""
    binary = shutil.which("node") or shutil.which("nodejs")
    if binary is None:
        pytest.skip("node is not installed")
    script = pathlib.Path(__file__).with_name("parse.js")

    def parse(messages):
        lines = "".join(m.hex() + "\n" for m in messages)
        done = subprocess.run([binary, script], input=lines, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()
    return parse
