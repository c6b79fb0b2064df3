"""The sidecar before servers that nobody here wrote, each at three times what it can do.

One of them, in a short form, belongs to every run. SWEETSPOT_REAL_BACKENDS=all measures them all,
prints a table and, where SWEETSPOT_BACKEND_TABLE names a file, puts it between that file's markers.
"""

import os

import pytest

import servers
import tables
from processes import until
from real_backends import Backend, is_near, measure, trial

ALL = [
    Backend("gunicorn with sync workers", 3, 0.02),
    Backend("gunicorn with sync workers", 8, 0.04),
    Backend("gunicorn with threads", 16, 0.05),
    Backend("PHP-FPM behind nginx", 6, 0.03),
    Backend("PHP-FPM behind nginx", 12, 0.05),
    Backend("Tomcat", 8, 0.02),
    Backend("Tomcat", 32, 0.05),
    Backend("A threaded Python server", 4, 0.03),
    Backend("A threaded Python server", 16, 0.05),
]
SPINNING = Backend("gunicorn with sync workers", 16, 0.02, spins=True)
HEADER = ("server", "knee", "limit held", "near the knee after", "goodput of the best static limit",
          "of each static limit", "p99", "p99 without")

long_form = pytest.mark.skipif(os.environ.get("SWEETSPOT_REAL_BACKENDS") != "all",
                               reason="SWEETSPOT_REAL_BACKENDS=all: some minutes")


@pytest.fixture(scope="module")
def rows():
    collected = []
    yield collected
    if collected:
        text = tables.render(HEADER, collected)
        print("\n" + text)
        tables.write(os.environ.get("SWEETSPOT_BACKEND_TABLE"), "backends", text)


def row(backend, knee, seen):
    return (backend.name, str(knee), f"{min(seen.limits)} to {max(seen.limits)}", f"{seen.settled(knee):.1f} s",
            f"{seen.goodput / seen.best:.0%} of {seen.best:.0f}/s (limit {seen.best_limit})",
            ", ".join(f"{limit}: {goodput:.0f}/s" for limit, goodput in seen.curve.items()), f"{seen.p99:.0f} ms",
            f"{seen.p99_without:.0f} ms")


def skip_what_is_missing(backend):
    if servers.missing(backend.title):
        pytest.skip(servers.missing(backend.title))


@long_form
@pytest.mark.parametrize("backend", ALL, ids=lambda b: b.name)
def test_the_limit_settles_at_what_the_server_can_do(sweetspot, tmp_path, rows, backend):
    skip_what_is_missing(backend)
    with trial(sweetspot, tmp_path, backend) as run:
        seen = measure(run)
    rows.append(row(backend, backend.workers, seen))
    assert is_near(seen.limit, backend.workers), seen
    assert seen.goodput >= 0.95 * seen.best, seen
    assert seen.p99 < seen.p99_without, seen


@long_form
def test_the_limit_settles_at_the_cores_where_work_is_computing(sweetspot, tmp_path, rows):
    """On a still machine that is where the static limits have their knee. Where others want the processors, too,
    more processes win a larger share of them, so that the knee is where it is measured, and not below."""
    with trial(sweetspot, tmp_path, SPINNING, knee=len(os.sched_getaffinity(0))) as run:
        seen = measure(run)
    rows.append(row(SPINNING, seen.measured_knee, seen))
    assert is_near(seen.limit, seen.measured_knee), seen
    assert seen.goodput >= 0.95 * seen.best, seen
    assert seen.p99 < seen.p99_without, seen


def test_the_limit_finds_four_blocking_workers(sweetspot, tmp_path):
    """The short form: it waits for what shall come about, and compares what is measured side by side."""
    backend = Backend("gunicorn with sync workers", 4, 0.03)
    skip_what_is_missing(backend)
    with trial(sweetspot, tmp_path, backend) as run, sweetspot.load(
            "run", f"http://{run.sidecar.ready['proxy']}/", "--rate", f"{3 * run.capacity:.0f}", "-c", "300",
            "-z", "300s"):
        for _ in range(3):  # what else the machine does may spoil a short measurement
            held = until(lambda: (s := run.status())["state"] == "hold" and 4 <= s["held_limit"] <= 8 and s["held_limit"],
                         timeout=90, what="a limit that is held near four")
            good = run.goodput(2)
            run.pin(4)
            best = run.goodput(2)
            if good >= 0.9 * best:
                break
            run.unpin()
    assert good >= 0.9 * best, f"limit {held}: {good:.0f} a second, pinned at 4: {best:.0f}"
