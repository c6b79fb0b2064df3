"""The fleet and the injector with a real kube-apiserver and etcd, by what the chart renders. The server is no Debian
package: build it with tests/support/build_kube_apiserver, and name it by SWEETSPOT_KUBE_APISERVER."""

import base64
import contextlib
import os
import shutil
import time
import urllib.error

import pytest

from fleet import Replica, overlaps
from injection import Injector, pod, workloads
from kube_api import certificates
from processes import until
from real_kube import RealKube

PROGRAM = os.environ.get("SWEETSPOT_KUBE_APISERVER")
pytestmark = pytest.mark.skipif(not PROGRAM or not shutil.which("etcd"), reason="no kube-apiserver or no etcd is named")


@pytest.fixture(scope="module")
def kube(tmp_path_factory):
    with RealKube(PROGRAM, tmp_path_factory.mktemp("kube")) as server:
        yield server


@pytest.fixture(scope="module")
def fleet(helm, kube):
    """What the chart makes for a fleet of the ServiceAccount `api`."""
    made = helm.render(values={"fleet": {"enabled": True, "serviceAccount": "api"}})
    for kind in ("Lease", "Role", "RoleBinding", "Deployment"):
        kube.create(made.one(kind))
    workload = kube.path("apps/v1", "Deployment", "demo-sweetspot-example")
    seen = kube.call("GET", workload)
    seen["status"] = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2,
                      "observedGeneration": seen["metadata"]["generation"]}
    kube.call("PUT", workload + "/status", seen)
    return kube.credentials("api")


def holder(kube):
    return kube.lease("demo-sweetspot")["spec"].get("holderIdentity", "")


def test_three_sidecars_with_the_charts_rights_never_explore_at_once(sweetspot, kube, fleet, tmp_path):
    with contextlib.ExitStack() as stack:
        replicas = [Replica(stack, sweetspot, kube.url, fleet, tmp_path, name, "--fleet.workload",
                            "deployment/demo-sweetspot-example", lease="demo-sweetspot") for name in ("a", "b", "c")]
        until(lambda: all(r.turns() for r in replicas), 120, "a turn of each")
        assert overlaps(replicas) == []
        lease = kube.lease("demo-sweetspot")
        assert "sweetspot/knowledge" in lease["metadata"]["annotations"]
        assert lease["spec"]["leaseTransitions"] >= 3
        for replica in replicas:
            assert replica.sidecar.stop() == 0
        assert holder(kube) == ""


def test_a_stranger_is_refused_and_says_what_the_server_said(sweetspot, kube, fleet, tmp_path):
    with contextlib.ExitStack() as stack:
        stranger = Replica(stack, sweetspot, kube.url, kube.credentials("stranger"), tmp_path, "stranger", lease="demo-sweetspot")
        until(lambda: stranger.status()["fleet"] == "refused", 20, "the refusal")
        assert "cannot get resource" in stranger.sidecar.errors()


@pytest.fixture(scope="module")
def injector(helm, sweetspot, kube, tmp_path_factory):
    """The rendered webhook, led to a process of this machine."""
    folder = tmp_path_factory.mktemp("injector")
    made = helm.render(values={"injector": {"enabled": True}, "example": {"enabled": False}})
    certificates(folder)
    own = {name: base64.b64encode((folder / name).read_bytes()).decode() for name in ("ca.crt", "tls.crt", "tls.key")}
    for secret in made.of("Secret"):
        secret["data"] = own
    configuration = made.one("MutatingWebhookConfiguration")
    webhook = configuration["webhooks"][0]
    webhook["clientConfig"]["caBundle"] = own["ca.crt"]
    with Injector(sweetspot, made, folder / "running") as running:
        running.host = "localhost"
        webhook["clientConfig"] = {"url": f"https://{running.address}/inject", "caBundle": own["ca.crt"]}
        kube.create({"apiVersion": "v1", "kind": "Namespace",
                     "metadata": {"name": "web", "labels": {"sweetspot-injection": "enabled"}}})
        kube.create(configuration)

        def works():
            made = kube.create({**pod("first"), "metadata": {"generateName": "first-"}}, "web")
            return any(c["name"] == "sweetspot" for c in made["spec"].get("initContainers", []))
        until(works, 30, "the webhook's configuration")
        yield running


def test_a_pod_of_a_namespace_with_the_label_is_injected_and_valid(kube, injector):
    made = kube.create(pod("api-1"), "web")
    assert made["spec"]["initContainers"][-1]["name"] == "sweetspot"
    assert made["spec"]["containers"][0]["readinessProbe"]["httpGet"]["port"] == 3000
    assert made["metadata"]["annotations"]["sweetspot/injected"] == "true"
    assert kube.warnings == []


def test_an_injected_sidecar_gets_the_pods_token_like_every_container(kube, injector):
    made = kube.create(pod("api-5"), "web")
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    for container in (made["spec"]["initContainers"][-1], made["spec"]["containers"][0]):
        assert folder in [mount["mountPath"] for mount in container["volumeMounts"]], container["name"]


def test_every_workloads_pod_passes_the_servers_validation(kube, injector):
    for kind, thing in workloads().items():
        _, injected = injector.review(thing)
        injected["metadata"] = {**injected["metadata"], "name": "w-" + kind.lower().replace(" ", "-")}
        injected["metadata"].pop("ownerReferences", None)
        path = kube.path(injected["apiVersion"], injected["kind"], namespace="web")
        kube.call("POST", path + "?dryRun=All&fieldValidation=Strict", injected)


def test_a_refusal_reaches_who_made_the_pod_as_a_warning(kube, injector):
    made = kube.create(pod("api-2", hostNetwork=True), "web")
    assert "initContainers" not in made["spec"]
    assert any("hostNetwork" in warning for warning in kube.warnings)


def test_other_namespaces_are_left_alone(kube, injector):
    for namespace in ("default", "kube-system"):
        assert "initContainers" not in kube.create(pod("api-3"), namespace)["spec"]


def test_a_pod_is_let_in_where_nobody_answers(kube, injector):
    injector.program.stop()
    began = time.monotonic()
    assert "initContainers" not in kube.create(pod("api-4"), "web")["spec"]
    assert time.monotonic() - began < 10
