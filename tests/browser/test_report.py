"""The load tool's report in a real browser: nothing on the console, nothing fetched, something to see.

Screenshots stay in build/screenshots, to be looked at.
"""

import re
import subprocess

import pytest

from processes import ROOT

SHOTS = ROOT / "build/screenshots"


def console_of(page, shot, profile):
    """What a headless Chromium has to say about a file."""
    done = subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
         "--window-size=1000,1500", "--enable-logging=stderr", f"--screenshot={shot}", page.as_uri()],
        capture_output=True, text=True, timeout=120)
    assert shot.exists(), done.stderr
    return re.findall(r"CONSOLE[^\n]*", done.stderr)


@pytest.fixture(scope="module")
def report(sweetspot, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with sweetspot.backend("--model", "disk") as backend:
        done = subprocess.run([sweetspot.folder / "sweetspot-load", "sweep", f"http://{backend.ready['listen']}/",
                               "--to", "32", "--step-time", "700ms", "--pid", str(backend.pid), "--html",
                               folder / "report.html"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder / "report.html"


def test_a_report_says_nothing_on_the_console(report, tmp_path):
    SHOTS.mkdir(parents=True, exist_ok=True)
    shot = SHOTS / "load-report.png"
    shot.unlink(missing_ok=True)
    assert console_of(report, shot, tmp_path / "profile") == []
    assert shot.stat().st_size > 20_000  # an empty page has some 5 KB


def test_an_error_would_have_been_seen(tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text("<script>nothing.there()</script>")
    assert console_of(page, tmp_path / "wrong.png", tmp_path / "profile") != []


def test_a_report_fetches_nothing(report):
    text = report.read_text()
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    assert "url(" not in text and "@import" not in text
