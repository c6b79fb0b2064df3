"""A real Prometheus reads the admin port."""

import json
import socket
import subprocess
import urllib.request

import pytest

from processes import Program, free_port, nginx, until


@pytest.fixture(scope="module")
def sidecar(sweetspot):
    with nginx() as origin, sweetspot.sidecar(origin) as program:
        report = sweetspot.run_load(f"http://{program.ready['proxy']}/small", "-n", "1000", "-c", "10")
        assert report["status"] == {"200": 1000}
        yield program


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def test_promtool_has_nothing_to_say(sidecar):
    text = fetch(f"http://{sidecar.ready['admin']}/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def series(sidecar):
    text = fetch(f"http://{sidecar.ready['admin']}/metrics")
    return [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]


def test_no_client_makes_a_series(sidecar):
    before = series(sidecar)
    host, port = sidecar.ready["proxy"].rsplit(":", 1)
    for i in range(50):
        for head in (f"GET /{i}?x={i} HTTP/1.1\r\nHost: h{i}\r\nUser-Agent: u{i}\r\nx-class: c{i}", f"M{i} / HTTP/1.1\r\nHost: h",
                     f"GET / HTTP/{i}.7", f"GET / HTTP/1.1\r\nHost: h\r\ngrpc-timeout: {i}n\r\nx-request-timeout: {i}"):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
                while client.recv(65536):
                    pass
    assert series(sidecar) == before


def test_prometheus_scrapes_it(sidecar, tmp_path):
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: sweetspot, static_configs: [{{targets: ['{sidecar.ready['admin']}']}}]}}]\n")

    def query(expression):
        try:
            answer = json.loads(fetch(f"http://127.0.0.1:{port}/api/v1/query?query={expression}"))
        except OSError:
            return None
        return [sample["value"][1] for sample in answer["data"]["result"]]

    with Program(["prometheus", f"--config.file={tmp_path}/prometheus.yml",
                  f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{port}"]):
        until(lambda: query("up") == ["1"], 30, "a scrape")
        assert int(query('sweetspot_requests_total{class="default",outcome="success"}')[0]) >= 1000
        assert int(query("sweetspot_limit")[0]) >= 1
        assert query("sweetspot_in_flight") == ["0"]
        assert query("sweetspot_permits_leaked_total") == ["0"]


def test_health_and_readiness(sidecar):
    for path in ("healthz", "readyz"):
        assert fetch(f"http://{sidecar.ready['admin']}/{path}")
