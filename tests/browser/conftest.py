import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import processes  # noqa: E402

os.environ["TMPDIR"] = "/tmp"  # Chromium makes a socket there, whose path may have no more than 107 bytes


@pytest.fixture(scope="session")
def sweetspot():
    folder = os.environ.get("SWEETSPOT_BIN", processes.ROOT / "build/release/bin")
    return processes.Sweetspot(folder)
