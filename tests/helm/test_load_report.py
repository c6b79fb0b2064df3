"""The reports of the load test's pods become one: real runs, and a cluster that is no more than their logs."""

import json
import os
import subprocess
import sys

import pytest

from chart import CHART, ROOT

KUBECTL = '''#!{python}
import pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
if words[:2] == ["get", "job"]:
    asked = here / "asked"
    times = int(asked.read_text() or 0) if asked.exists() else 0
    asked.write_text(str(times + 1))
    print("Complete" if times else "", end="")
elif words[:2] == ["get", "pods"]:
    assert words[3] == "job-name=demo-sweetspot-load"
    for log in sorted(here.glob("*.log")):
        print(log.stem, "Failed" if "broken" in log.stem else "Succeeded")
elif words[0] == "logs":
    print((here / (words[1] + ".log")).read_text(), end="")
'''


@pytest.fixture
def cluster(sweetspot, helm, tmp_path):
    """A folder with a kubectl and the logs of two pods that ran what the chart says."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL.format(python=sys.executable))
    kubectl.chmod(0o755)
    job = helm.render(values={"loadTest": {"enabled": True, "duration": "300ms", "connections": 3}}).one("Job")
    argv = job["spec"]["template"]["spec"]["containers"][0]["args"]
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms") as backend:
        for pod in ("load-0", "load-1"):
            done = subprocess.run([sweetspot.folder / "sweetspot-load", "run", f"http://{backend.ready['listen']}/", *argv[1:]],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
            (tmp_path / f"{pod}.log").write_text("a line of the runtime\n" + done.stdout)
    return tmp_path


def report(sweetspot, folder, *options):
    return subprocess.run([ROOT / "helm/load-report", "demo-sweetspot-load", *options], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "KUBECTL": str(folder / "kubectl"), "POLL_INTERVAL": "0.01",
                               "SWEETSPOT_LOAD": str(sweetspot.folder / "sweetspot-load")})


def test_all_pods_add_up(sweetspot, cluster):
    single = [json.loads("{" + log.read_text().split("{", 1)[1]) for log in sorted(cluster.glob("*.log"))]
    done = report(sweetspot, cluster)
    assert done.returncode == 0, done.stderr
    merged = json.loads(done.stdout)
    assert merged["requests"] == sum(one["requests"] for one in single) > 0
    assert merged["connections"] == 6
    assert int((cluster / "asked").read_text()) == 2
    assert "p99" in report(sweetspot, cluster, "--output", "text").stdout


def test_a_pod_that_failed_is_named_and_nothing_is_merged(sweetspot, cluster):
    (cluster / "load-2-broken.log").write_text("unknown host\n")
    done = report(sweetspot, cluster)
    assert (done.returncode, done.stdout) == (1, "")
    assert "load-2-broken Failed: unknown host" in done.stderr


def test_the_chart_s_readme_shows_it():
    assert "helm/load-report demo-sweetspot-load" in (CHART / "README.md").read_text()
