"""The recipes of service/RECIPES.md, word for word, with the servers of Debian."""

import re
import subprocess

import pytest

import servers
from processes import Program, until

# Those of who serves, and not only of who forked them, where a recipe shows the backend's. A pool of gunicorn's has no more
# than were busy at once, and those are few where a slow machine has enough to do with itself.
FEWEST_THREADS = {"gunicorn with threads": 3, "Tomcat": 17}


def check(sweetspot, folder, title, most):
    """No request fails, the server never sees more than it can do, and we are first to close what is idle."""
    argv = [sweetspot.folder / "sweetspot", "--config", folder / "sweetspot.yaml", "--listen", "127.0.0.1:0",
            "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    with Program(argv, ready=r"^ready ") as sidecar:
        report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-c", "60", "-n", "600")
        assert report["status"] == {"200": 600}, report
        assert sidecar.metric("sweetspot_upstream_connections") <= most
        assert sidecar.metric("sweetspot_limit") <= most
        if "backend:" in (folder / "sweetspot.yaml").read_text():
            assert sidecar.metric("sweetspot_backend_threads") >= FEWEST_THREADS[title]
        until(lambda: sidecar.metric("sweetspot_upstream_connections_idle") == 0, what="idle connections to close")
        assert sidecar.metric("sweetspot_requests_total", outcome="upstream_reset") == 0


@pytest.mark.parametrize("title, most", [
    ("gunicorn with threads", 16), ("gunicorn with sync workers", 4), ("A threaded Python server", 32),
    ("PHP-FPM behind nginx", 8), ("Tomcat", 16)])
def test_a_recipe_holds(sweetspot, tmp_path, title, most):
    if servers.missing(title):
        pytest.skip(servers.missing(title))
    with servers.running(title, tmp_path):
        check(sweetspot, tmp_path, title, most)


def test_the_table_has_each_recipe():
    rows = re.findall(r"^\| ([^|]+) \|", servers.RECIPES, re.M)[1:]
    assert len(rows) == len(servers.titles()) == 5


def test_each_configuration_is_valid(sweetspot, tmp_path):
    for title in servers.titles():
        (tmp_path / "sweetspot.yaml").write_text(servers.blocks(title)["sweetspot.yaml"])
        done = subprocess.run([sweetspot.folder / "sweetspot", "--check", "--config", tmp_path / "sweetspot.yaml"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
