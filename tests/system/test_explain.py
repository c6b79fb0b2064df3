"""The load curve of real traffic, as the control API tells it, and over a restart."""

import json

import pytest

from processes import until


@pytest.fixture
def backend(sweetspot):
    with sweetspot.backend("--model", "disk", "--threads", "64") as program:
        yield program


def curve(sweetspot, sidecar):
    return json.loads(sweetspot.ctl(sidecar.ready["control"], "curve", "-o", "json"))


def fresh(sweetspot, sidecar):
    """What it holds for true of now: what a machine could do when it was less busy is not among it."""
    return [point for point in curve(sweetspot, sidecar)["points"] if not point["stale"]]


def test_a_curve_is_learnt_explained_and_remembered(sweetspot, backend, tmp_path):
    flags = ["--limit.initial", "4", "--state.file", tmp_path / "state"]
    with sweetspot.sidecar(backend.ready["listen"], *flags) as sidecar:
        control = sidecar.ready["control"]
        with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "64", "-z", "60s"):
            learnt = until(lambda: len(points := fresh(sweetspot, sidecar)) >= 2 and points)
            until(lambda: sweetspot.status(control)["state"] in ("hold", "probe"), timeout=60)
            assert all(point["throughput"] > 0 for point in learnt)
            text = until(lambda: "The limit binds" in (said := sweetspot.ctl(control, "explain")) and said)
            assert text.startswith("The limit is ") and "\nWhy: " in text and "in flight" in text
            assert "o measured" in text
            until(lambda: (tmp_path / "state").exists())
        known = {point["limit"] for point in curve(sweetspot, sidecar)["points"]}
        assert sidecar.stop() == 0
    with sweetspot.sidecar(backend.ready["listen"], *flags) as sidecar:
        points = curve(sweetspot, sidecar)["points"]
        assert points and all(point["stale"] for point in points)
        assert {point["limit"] for point in points} <= known
