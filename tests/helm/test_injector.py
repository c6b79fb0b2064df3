"""The injector as the chart brings it up: one truth of what a sidecar is, every kind of workload, twice, with meshes."""

import copy
import json
import shutil
import subprocess
import time
import urllib.request

import pytest
import yaml

from chart import CHART
from injection import Injector, pod, pod_of, with_istio, with_linkerd, workloads
from processes import Failed, until
from test_chart import faults_of, restricted_faults

VALUES = {"injector": {"enabled": True}, "example": {"enabled": False},
          "config": {"bypass": {"paths": ["/healthz", "/stats"]}, "limit": {"max": 100000}}}


@pytest.fixture(scope="module")
def objects(helm):
    return helm.render(values=VALUES)


@pytest.fixture(scope="module")
def injector(sweetspot, objects, tmp_path_factory):
    with Injector(sweetspot, objects, tmp_path_factory.mktemp("injector")) as running:
        yield running


def sidecar_of(thing):
    spec = pod_of(thing)["spec"]
    found = [c for c in spec.get("initContainers", []) + spec["containers"] if c["name"] == "sweetspot"]
    assert len(found) == 1
    return found[0]


def test_an_injected_sidecar_is_the_charts_own_but_for_where_its_configuration_is(helm, objects, injector):
    charts = helm.render(values={**VALUES, "example": {"enabled": True}}).of("Deployment")
    own = next(d for d in charts if d["metadata"]["name"].endswith("-example"))
    own = next(c for c in own["spec"]["template"]["spec"]["initContainers"] if c["name"] == "sweetspot")
    injected = injector.template["container"]
    assert {k: v for k, v in injected.items() if k not in ("args", "volumeMounts")} == \
           {k: v for k, v in own.items() if k not in ("args", "volumeMounts")}
    assert injected["volumeMounts"] == [m for m in own["volumeMounts"] if m["name"] == "sweetspot-state"]


@pytest.mark.parametrize("case", sorted((CHART / "ci").glob("*-values.yaml")), ids=lambda c: c.stem)
def test_its_flags_say_what_the_configuration_says(helm, sweetspot, case, tmp_path):
    values = yaml.safe_load(case.read_text()) or {}
    values = {**values, "enabled": True, "injector": {"enabled": True}, "example": {"enabled": False}, "fleet": {"enabled": False}}
    values.pop("autoscaling", None)
    values.pop("loadTest", None)
    values.pop("secrets", None)  # of this release's namespace, so none of theirs
    made = helm.render(values=values)
    config = made.config()
    template = json.loads(next(c for c in made.of("ConfigMap") if "template.json" in c["data"])["data"]["template.json"])
    args = template["container"]["args"]
    flags = {}
    for word in args:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            flags[name] = [value] if value else []
        else:
            flags[name].append(word)

    def leaves(node, path=""):
        for key, value in node.items():
            if isinstance(value, dict):
                yield from leaves(value, f"{path}{key}.")
            else:
                yield path + key, [str(v) for v in value] if isinstance(value, list) else [str(value)]
    assert flags == dict(leaves(config))
    args = [a for a in args if "state.file" not in a]  # its folder is a volume of the pod
    assert subprocess.run([sweetspot.folder / "sweetspot", *args, "--check"], capture_output=True, timeout=20).returncode == 0


@pytest.mark.parametrize("mesh", [lambda thing: thing, with_istio, with_linkerd], ids=["alone", "istio", "linkerd"])
@pytest.mark.parametrize("kind", workloads())
def test_every_kind_of_workload_gets_one_sidecar_however_often_it_is_asked(injector, kind, mesh):
    thing = mesh(workloads()[kind])
    response, once = injector.review(thing)
    assert response["allowed"] and "warnings" not in response
    assert "--upstream=127.0.0.1:3000" in sidecar_of(once)["args"]
    again, twice = injector.review(once)
    assert again["allowed"] and "patch" not in again and twice == once


def test_kubernetes_knows_every_field_of_what_was_injected(injector):
    documents = []
    for name, mesh in {"alone": lambda thing: thing, "istio": with_istio, "linkerd": with_linkerd}.items():
        for kind, thing in workloads().items():
            documents.append({"name": f"{kind} {name}", "object": injector.review(mesh(thing))[1]})
    assert faults_of(documents) == []


def test_what_was_injected_is_restricted(injector):
    _, made = injector.review(pod())
    assert list(restricted_faults("injected", {"containers": [sidecar_of(made)]})) == []


def test_a_mesh_stays_as_it_was(injector):
    for mesh in (with_istio, with_linkerd):
        before = mesh(pod())
        _, after = injector.review(before)
        assert after["spec"]["containers"][0] == before["spec"]["containers"][0]
        assert after["spec"]["initContainers"][0] == before["spec"]["initContainers"][0]
        assert after["spec"]["initContainers"][-1]["name"] == "sweetspot"


def test_a_pod_that_istio_injects_later_keeps_the_sidecar(injector):
    _, once = injector.review(pod())
    later = with_istio(once)
    response, after = injector.review(later)
    assert "patch" not in response and sidecar_of(after)


def test_a_refusal_is_explained_and_lets_the_pod_in(injector):
    response, _ = injector.review(pod(hostNetwork=True))
    assert response["allowed"] and "patch" not in response
    assert "hostNetwork" in response["warnings"][0]


def test_a_refusal_keeps_the_pod_out_where_the_chart_says_so(helm, sweetspot, tmp_path):
    made = helm.render(values={**VALUES, "injector": {"enabled": True, "onRefusal": "deny"}})
    with Injector(sweetspot, made, tmp_path) as strict:
        response, _ = strict.review(pod(hostNetwork=True))
        assert not response["allowed"] and "hostNetwork" in response["status"]["message"]


def test_the_clusters_own_and_its_own_namespaces_are_left_alone_twice_over(injector, objects):
    for namespace in ("kube-system", "shop"):
        assert "patch" not in injector.review(pod(), namespace=namespace)[0]
    webhook = objects.one("MutatingWebhookConfiguration")["webhooks"][0]
    selectors = {s["key"]: s for s in webhook["namespaceSelector"]["matchExpressions"]}
    assert selectors["sweetspot-injection"]["values"] == ["enabled"]
    assert {"kube-system", "shop"} <= set(selectors["kubernetes.io/metadata.name"]["values"])
    assert (webhook["failurePolicy"], webhook["reinvocationPolicy"], webhook["sideEffects"]) == ("Ignore", "IfNeeded", "None")


def test_the_sidecars_of_other_namespaces_are_scraped_too(helm):
    made = helm.render(values={**VALUES, "podMonitor": {"enabled": True}})
    assert made.one("PodMonitor")["spec"]["namespaceSelector"] == {"any": True}


def test_cert_manager_makes_the_certificate_where_it_shall(helm):
    made = helm.render(files=[CHART / "ci/certmanager-values.yaml"])
    assert made.of("Secret") == []
    certificate = made.one("Certificate")["spec"]
    assert certificate["dnsNames"][0] == "demo-sweetspot-injector.shop.svc"
    webhook = made.one("MutatingWebhookConfiguration")
    assert webhook["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] == "shop/demo-sweetspot-injector"
    assert "caBundle" not in webhook["webhooks"][0]["clientConfig"]


def test_a_renewed_certificate_is_served_without_a_restart(injector, helm, sweetspot, tmp_path):
    with Injector(sweetspot, helm.render(values=VALUES), tmp_path) as running:
        renewed = helm.render(values=VALUES)
        other = Injector(sweetspot, renewed, tmp_path / "other")
        other.program.stop()
        for name in ("tls.key", "tls.crt"):
            shutil.copy(tmp_path / "other" / name, tmp_path / name)
        shutil.copy(tmp_path / "other/ca.crt", tmp_path / "ca.crt")

        def answers():
            try:
                return running.ask("/healthz")[0] == 200
            except OSError:
                return False
        until(answers, 20, "the renewed certificate")


def test_it_counts_and_tells_its_health(injector):
    assert injector.ask("/healthz") == (200, "ok\n") and injector.ask("/readyz") == (200, "ready\n")
    injector.review(pod())
    text = injector.ask("/metrics")[1]
    assert 'sweetspot_injector_reviews_total{outcome="injected"}' in text
    status, _ = injector.ask(body="{}")
    assert status == 400
    assert injector.ask("/elsewhere")[0] == 404


def test_classes_rules_and_groups_of_the_annotations_are_what_the_sidecar_works_with(injector, sweetspot):
    wanted = pod()
    wanted["metadata"]["annotations"] = {
        "sweetspot/groups": "fast share=3; slow",
        "sweetspot/classes": "checkout priority=10 share=4 group=fast\nreports fair_by=x-tenant group=slow",
        "sweetspot/rules": "bypass path=/live; class=checkout method=POST,PUT path=/checkout/*; class=reports header=x-kind:report",
        "sweetspot/config": "limit.pin: 8\nqueue.size: 5\nqueue.discipline: adaptive"}
    response, made = injector.review(wanted)
    assert "warnings" not in response, response
    args = sidecar_of(made)["args"]
    begin = next(i for i, word in enumerate(args) if word.split("=")[0] in ("--groups", "--classes", "--rules"))
    flags = [word for word in args[begin:] if not word.startswith(("--listen=", "--upstream="))]
    assert {word.split("=")[0] for word in flags if word.startswith("--")} >= {
        "--groups", "--classes", "--rules", "--limit.pin", "--queue.size", "--queue.discipline"}
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms") as backend, \
            sweetspot.sidecar(backend.ready["listen"], *flags) as sidecar:
        proxy = sidecar.ready["proxy"]
        for path, method, fields in (("/checkout/1", "POST", {}), ("/", "GET", {"x-kind": "report"}), ("/live", "GET", {}),
                                     ("/", "GET", {})):
            urllib.request.urlopen(urllib.request.Request(f"http://{proxy}{path}", method=method, headers=fields), timeout=10).read()
        def status():
            return sweetspot.status(sidecar.ready["control"])
        until(lambda: sum(int(c["requests"]) for c in status()["classes"]) == 3, what="three that held a permit")
        status = status()
    assert [(c["name"], c["group"], c["priority"], c["share"], int(c["requests"])) for c in status["classes"]] == [
        ("default", "fast", 0, 1, 1), ("checkout", "fast", 10, 4, 1), ("reports", "slow", 0, 1, 1)]
    assert [(g["name"], g["share"], g["limit"]) for g in status["groups"]] == [("fast", 3, 6), ("slow", 1, 2)]


@pytest.mark.parametrize("annotation, value, words", [
    ("classes", "a share=-1", "a share from 0.001 to 1000"),
    ("rules", "class=nobody path=/a", "a class of classes"),
    ("rules", "bypass path=/a*; bypass path=/ab", "a rule that can be reached"),
    ("rules", "bypass path=/healthz", "bypass.paths takes all of its requests"),  # which the chart's values say
    ("config", "queue.discipline: fair", "fifo, lifo, adaptive"),
])
def test_a_wrong_class_or_rule_is_refused_in_the_words_of_the_sidecar(injector, annotation, value, words):
    wanted = pod()
    wanted["metadata"]["annotations"] = {f"sweetspot/{annotation}": value}
    response, _ = injector.review(wanted)
    assert "patch" not in response and words in response["warnings"][0], response


@pytest.mark.parametrize("flags, code, words", [
    (["--template", "/nonexistent"], 2, "/nonexistent"),
    (["--certificate", "/nonexistent"], 2, "/nonexistent"),
    (["--listen", "here"], 2, "--listen"),
    (["--lisen", "x"], 2, "lisen"),
    (["--listen", "{taken}"], 3, "in use"),
])
def test_a_bad_start_is_a_sentence_and_a_code(injector, sweetspot, flags, code, words):
    folder = injector.folder
    good = {"--listen": "127.0.0.1:0", "--certificate": folder / "tls.crt", "--key": folder / "tls.key",
            "--template": folder / "template.json"}
    good.update({flags[0]: flags[1].replace("{taken}", injector.address)})
    argv = [str(word) for pair in good.items() for word in pair]
    done = subprocess.run([sweetspot.folder / "sweetspot", "injector", *argv], capture_output=True, text=True, timeout=20)
    assert done.returncode == code and words in done.stderr
