"""Renders the chart with the real Helm, and knows its way around what comes out."""

import json
import os
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/sweetspot"
OWN = ROOT / "helm/examples/own-deployment"
CASES = sorted((CHART / "ci").glob("*-values.yaml"))


class Refused(Exception):
    """Helm would not render; the text is what it said."""


class Helm:
    def __init__(self, tool, home):
        self.tool = tool
        self.environment = {**os.environ, "HELM_CACHE_HOME": str(home), "HELM_CONFIG_HOME": str(home),
                            "HELM_DATA_HOME": str(home), "KUBECONFIG": str(home / "none")}

    def run(self, *words):
        done = subprocess.run([self.tool, *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=self.environment)
        if done.returncode != 0:
            raise Refused(done.stderr + done.stdout)
        return done.stdout

    def render(self, folder=CHART, values=None, files=(), version="1.34", release="demo"):
        """The rendered objects. `values` is a mapping, laid over those of `files`."""
        words = ["template", release, folder, "--namespace", "shop", "--kube-version", version]
        for file in files:
            words += ["--values", file]
        if values is not None:
            words += ["--set-json", json.dumps(values)]
        return Objects(o for o in yaml.safe_load_all(self.run(*words)) if o)


class Objects(list):
    def of(self, kind):
        return [o for o in self if o["kind"] == kind]

    def one(self, kind):
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} of kind {kind}"
        return found[0]

    def pod_specs(self):
        """(name of the object, spec) of every pod that the objects make."""
        for o in self:
            spec = o.get("spec", {})
            if o["kind"] == "Pod":
                yield o["metadata"]["name"], spec
            elif "template" in spec:
                yield o["metadata"]["name"], spec["template"]["spec"]

    def sidecar(self):
        spec = self.one("Deployment")["spec"]["template"]["spec"]
        return next(c for c in spec.get("initContainers", []) + spec["containers"] if c["name"] == "sweetspot")

    def config(self):
        return yaml.safe_load(next(c for c in self.of("ConfigMap") if "sidecar.yaml" in c["data"])
                              ["data"]["sidecar.yaml"])
