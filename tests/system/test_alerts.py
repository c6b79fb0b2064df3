"""A real Prometheus scrapes sidecars that are in trouble, and each alert of ours fires.

The rules are the product's own; only their patience is shortened, from minutes to seconds.
"""

import http.server
import json
import re
import signal
import subprocess
import threading
import urllib.request

import pytest

from processes import Program, ROOT, free_port, until

RULES = ROOT / "service/observe/alerts/sweetspot.rules.yml"


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def impatient(rules):
    """The same rules for a world in which a minute is a second."""
    rules = re.sub(r"\bfor: \w+", "for: 1s", rules)
    return rules.replace("[5m]", "[5s]").replace("[10m]", "[5s]").replace("[1h]", "[60s]")


class Altered:
    """Serves a sidecar's metrics with a figure that it cannot have: no permit is lost in fact."""

    def __init__(self, source, line, replacement):
        self.text = fetch(source).replace(line, replacement)
        assert replacement in self.text
        text = self.text.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def world(sweetspot, tmp_path_factory):
    """Prometheus over sidecars in every kind of trouble. Yields query(path)."""
    folder = tmp_path_factory.mktemp("alerts")
    admin, port = free_port(), free_port()
    knee = f"127.0.0.1:{admin}"
    started = []

    def start(program):
        started.append(program)
        return program

    try:
        backend = start(sweetspot.backend("--model", "sleep", "--service-time", "50ms"))
        upstream = backend.ready["listen"]
        pinned = start(sweetspot.sidecar(upstream, "--limit.pin", "3"))
        paused = start(sweetspot.sidecar(upstream, "--tuner.algorithm", "fixed"))
        shadow = start(sweetspot.sidecar(upstream, "--mode", "shadow"))
        shedding = start(sweetspot.sidecar(upstream, "--limit.max", "1", "--limit.initial", "1", "--queue.size", "0"))
        waiting = start(sweetspot.sidecar(upstream, "--limit.max", "1", "--limit.initial", "1"))
        broken = start(sweetspot.sidecar(f"127.0.0.1:{free_port()}"))
        (folder / "sidecar.yaml").write_text("limit: {max: 8}\n")
        refusing = start(sweetspot.sidecar(upstream, "--config", str(folder / "sidecar.yaml")))
        (folder / "sidecar.yaml").write_text("limit: {max: many}\n")
        refusing.send_signal(signal.SIGHUP)
        leak = Altered(f"http://{shadow.ready['admin']}/metrics", "\nsweetspot_permits_leaked_total 0",
                       "\nsweetspot_permits_leaked_total 2")
        # A whole workload would have to change its replicas for an hour.
        unsteady = Altered(f"http://{shadow.ready['admin']}/metrics", '\nsweetspot_fleet_state{state="paused"} 0',
                           '\nsweetspot_fleet_state{state="paused"} 1')
        for name, text in (("token", "t"), ("namespace", "default"), ("ca.crt", "")):
            (folder / name).write_text(text)
        alone = start(sweetspot.sidecar(upstream, "--fleet.lease", "api", "--fleet.server", f"https://127.0.0.1:{free_port()}",
                                        "--fleet.credentials", str(folder)))
        tall = sweetspot.sidecar(upstream, "--limit.initial", "32", admin=knee)
        names = {"pinned": pinned.ready["admin"], "paused": paused.ready["admin"], "shadow": shadow.ready["admin"],
                 "shedding": shedding.ready["admin"], "broken": broken.ready["admin"], "knee": knee,
                 "leak": leak.address, "refusing": refusing.ready["admin"],
                 "waiting": waiting.ready["admin"], "unsteady": unsteady.address, "alone": alone.ready["admin"]}
        targets = ", ".join(f"{{targets: ['{address}'], labels: {{instance: {name}}}}}"
                            for name, address in names.items())
        (folder / "rules.yml").write_text(impatient(RULES.read_text()))
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 500ms, evaluation_interval: 500ms}\nrule_files: [rules.yml]\n"
            f"scrape_configs: [{{job_name: sweetspot, static_configs: [{targets}]}}]\n")
        start(Program(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                       f"--web.listen-address=127.0.0.1:{port}"]))

        def query(path):
            try:
                return json.loads(fetch(f"http://127.0.0.1:{port}/api/v1/{path}"))["data"]
            except (OSError, ValueError):  # it is not up yet
                return None

        def value(expression):
            answer = query(f"query?query={urllib.request.quote(expression)}")
            return [float(sample["value"][1]) for sample in answer["result"]] if answer else None

        until(lambda: value('sweetspot_held_limit{instance="knee"}') == [32.0], 30, "a first scrape")
        tall.stop()
        start(sweetspot.sidecar(upstream, "--limit.initial", "8", admin=knee))
        # What is refused at once is asked for at a rate: as fast as can be would fill the sidecar's own thread.
        for sidecar, pace in ((shedding, []), (waiting, []), (broken, ["--rate", "200"])):
            start(sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "8", "-z", "60s", *pace,
                                 "--output", "json"))
        yield query
    finally:
        for program in reversed(started):
            program.stop()


def firing(query):
    answer = query("alerts")
    alerts = answer["alerts"] if answer else []
    return {(a["labels"]["alertname"], a["labels"]["instance"]) for a in alerts if a["state"] == "firing"}


WANTED = {
    ("SweetspotLimitPinned", "pinned"), ("SweetspotTunerPaused", "paused"), ("SweetspotShedding", "shedding"),
    ("SweetspotBackendErrors", "broken"), ("SweetspotKneeFell", "knee"), ("SweetspotPermitsLeaked", "leak"),
    ("SweetspotConfigRefused", "refusing"), ("SweetspotSaturated", "waiting"),
    ("SweetspotUpstreamDown", "broken"), ("SweetspotFleetCutOff", "alone"), ("SweetspotFleetNeverSteady", "unsteady"),
}


def test_each_alert_fires_where_there_is_trouble_and_nowhere_else(world):
    until(lambda: WANTED <= firing(world), 30, f"every alert of {sorted(WANTED)}")
    assert firing(world) == WANTED


def test_promtool_finds_nothing_wrong_with_the_rules_and_their_tests_pass():
    for words in (["check", "rules", RULES.name], ["test", "rules", "sweetspot.rules.test.yml"]):
        done = subprocess.run(["promtool", *words], cwd=RULES.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_test_in_which_it_fires():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    tests = (RULES.parent / "sweetspot.rules.test.yml").read_text()
    assert alerts == set(re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts", tests))


def test_the_dashboard_asks_only_for_metrics_that_there_are(world):
    dashboard = json.loads((ROOT / "service/observe/grafana/sweetspot.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    names = {re.sub(r"_bucket$", "", name) for text in asked for name in re.findall(r"\b(?:sweetspot|process)_\w+", text)}
    text = fetch(world("targets?state=active")["activeTargets"][0]["scrapeUrl"])
    known = set(re.findall(r"^# TYPE (\S+)", text, re.M)) | {"sweetspot_backend_threads"}
    assert names - known == set()
    for expression in asked:
        expression = (expression.replace("$__rate_interval", "5s").replace("$job", ".*").replace("$instance", ".*"))
        assert world(f"query?query={urllib.request.quote(expression)}") is not None, expression
