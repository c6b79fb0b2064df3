import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[0] / "support"))

import processes  # noqa: E402


@pytest.fixture(scope="session")
def sweetspot():
    folder = os.environ.get("SWEETSPOT_BIN", processes.ROOT / "build/release/bin")
    return processes.Sweetspot(folder)


@pytest.fixture
def sockets():
    with processes.socket_folder() as folder:
        yield folder
