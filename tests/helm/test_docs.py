"""The chart's documents and files agree with its values and with the sidecar."""

import json
import re
import subprocess
import sys

import yaml

from chart import CHART, ROOT


def test_the_schema_and_the_table_of_values_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "helm/generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def leaves(node, path=()):
    if isinstance(node, dict) and node and "properties" not in node:
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


def test_every_value_is_described():
    described = {row[1] for row in re.finditer(r"^\| `([\w.]+)` \|", (CHART / "README.md").read_text(), re.M)}
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    missing = [".".join(path) for path in leaves(values)
               if not {".".join(path[:n]) for n in range(1, len(path) + 1)} & described]
    assert missing == []


def test_the_schema_knows_every_value():
    schema = json.loads((CHART / "values.schema.json").read_text())

    def known(node, path):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].split("/")[-1]]
        if not path:
            return True
        inner = node.get("properties", {}).get(path[0], node.get("additionalProperties"))
        return bool(inner) and known(inner, path[1:])
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert [path for path in leaves(values) if not known(schema, path)] == []


def metrics():
    table = (ROOT / "service/README.md").read_text()
    return set(re.findall(r"^\| `(sweetspot_\w+|process_\w+)` \|", table, re.M))


def used(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bsweetspot_\w+", text)}


def test_alerts_dashboard_and_autoscalers_use_metrics_that_there_are():
    templates = (CHART / "templates/autoscaling.yaml").read_text()
    for text in ((CHART / "files/alerts.yaml").read_text(), (CHART / "files/dashboard.json").read_text(), templates):
        assert used(text) and used(text) <= metrics()


def test_prometheus_understands_what_the_dashboard_asks(tmp_path):
    dashboard = json.loads((CHART / "files/dashboard.json").read_text())
    asked = [t["expr"].replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "5m")
             for panel in dashboard["panels"] for t in panel["targets"]]
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": [
        {"record": f"dashboard:{i}", "expr": expr} for i, expr in enumerate(asked)]}]}))
    done = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_explained():
    alerts = {rule["alert"] for group in yaml.safe_load((CHART / "files/alerts.yaml").read_text())["groups"]
              for rule in group["rules"]}
    assert alerts == set(re.findall(r"^\| `(Sweetspot\w+)` \|", (CHART / "README.md").read_text(), re.M))


def test_the_readme_names_only_keys_that_the_sidecar_knows():
    keys = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", (ROOT / "service/README.md").read_text(), re.M))
    named = set(re.findall(r"`config\.([a-z0-9_.]+)", (CHART / "README.md").read_text()))
    assert {name for name in named if not any(f"{key}.".startswith(f"{name}.") for key in keys)} == set()
    assert len(named) > 20
