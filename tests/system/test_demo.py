"""The demo is a promise: it is run as a user runs it."""

import json
import os
import subprocess
import sys

import pytest

from processes import ROOT

SWEET_SPOT = {"balanced": 8, "throughput": 16}


@pytest.mark.parametrize("objective, start", [("balanced", 1), ("throughput", 64)])
def test_the_demo_finds_the_sweet_spot(sweetspot, tmp_path, objective, start):
    file = tmp_path / "demo.json"
    done = subprocess.run(
        [sys.executable, ROOT / "tests/demo/demo.py", "--bin", sweetspot.folder, "--objective", objective,
         "--start", str(start), "--json", file], capture_output=True, text=True, timeout=150,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    expected = SWEET_SPOT[objective]
    assert done.stdout.splitlines()[-1] == f"sweet spot: {expected} ({objective})", done.stdout
    figures = json.loads(file.read_text())
    unbounded, held = figures["unbounded"], figures["held"]
    assert held["limit"] == expected
    if objective == "balanced":
        assert held["throughput"] >= 0.8 * unbounded["throughput"]
        assert held["threads"] <= held["limit"] + 4
        assert held["threads"] <= 0.1 * unbounded["threads"]
