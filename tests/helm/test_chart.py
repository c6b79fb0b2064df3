"""What the chart renders, for every set of values in ci/ and for a chart of one's own."""

import json
import subprocess

import pytest
import yaml

from chart import CASES, CHART, ROOT, Refused

HERE = ROOT / "tests/helm"


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.stem)
def test_helm_lints_it_strictly(helm, case):
    helm.run("lint", "--strict", CHART, "--values", case)


@pytest.fixture(scope="module")
def rendered(helm, own_chart):
    """Everything that the cases render, by the case's name."""
    made = {case.stem: helm.render(files=[case]) for case in CASES}
    made["before native sidecars"] = helm.render(version="1.28")
    made["a chart of one's own"] = helm.render(own_chart)
    made["a chart of one's own, switched off"] = helm.render(own_chart, {"sweetspot": {"enabled": False}})
    return made


def faults_of(documents):
    done = subprocess.run(["node", HERE / "validate.mjs"], input=json.dumps(documents), capture_output=True,
                          text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_kubernetes_knows_every_field_that_is_rendered(rendered):
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"},
             "spec": {"ports": [{"prot": 80}], "type": 3}}
    documents = [{"name": f"{case} {o['kind']} {o['metadata']['name']}", "object": o}
                 for case, objects in rendered.items() for o in objects]
    faults = faults_of(documents + [{"name": "deliberately wrong", "object": wrong}])
    assert [f for f in faults if not f.startswith("deliberately wrong")] == []
    text = "\n".join(faults)
    assert "prot" in text and "type" in text, "the validation lets unknown fields pass"


# https://kubernetes.io/docs/concepts/security/pod-security-standards/, the level `restricted`.
def restricted_faults(name, spec):
    containers = spec["containers"] + spec.get("initContainers", [])
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{name}: {key}"
    for volume in spec.get("volumes", []):
        allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
                   "projected", "secret"}
        if not set(volume) - {"name"} <= allowed:
            yield f"{name}: volume {volume}"
    pod = spec.get("securityContext", {})
    for container in containers:
        own = {**pod, **container.get("securityContext", {})}
        where = f"{name}/{container['name']}"
        if own.get("allowPrivilegeEscalation") is not False: yield f"{where}: allowPrivilegeEscalation"
        if own.get("privileged"): yield f"{where}: privileged"
        if own.get("capabilities", {}).get("drop") != ["ALL"]: yield f"{where}: capabilities.drop"
        if set(own["capabilities"].get("add", [])) - {"NET_BIND_SERVICE"}: yield f"{where}: capabilities.add"
        if own.get("runAsNonRoot") is not True: yield f"{where}: runAsNonRoot"
        if own.get("runAsUser") == 0: yield f"{where}: runAsUser"
        if own.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{where}: seccompProfile"
        if own.get("readOnlyRootFilesystem") is not True: yield f"{where}: readOnlyRootFilesystem"
        if "limits" not in container.get("resources", {}): yield f"{where}: resources"
        if any("hostPort" in port for port in container.get("ports", [])): yield f"{where}: hostPort"


@pytest.mark.parametrize("case", [c.stem for c in CASES] + ["before native sidecars"])
def test_every_pod_is_restricted_and_has_no_token(rendered, case):
    for name, spec in rendered[case].pod_specs():
        assert list(restricted_faults(name, spec)) == []
        assert spec["automountServiceAccountToken"] is False


def test_the_sidecar_is_restricted_by_itself_whatever_pod_it_is_put_into(rendered):
    spec = {"containers": [rendered["a chart of one's own"].sidecar()]}
    assert list(restricted_faults("own", spec)) == []


def test_the_sidecar_accepts_every_configuration_that_is_rendered(rendered, sweetspot, tmp_path):
    secrets = tmp_path / "secrets"
    (secrets / "operator").mkdir(parents=True)
    (secrets / "operator/token").write_text("sixteen-characters-or-more\n")
    (secrets / "control-tokens").mkdir()
    (secrets / "control-tokens/tokens").write_text("somebody operator sixteen-characters-or-more\n")
    (secrets / "control-tls").mkdir()
    for name in ("tls.crt", "tls.key"):  # of what is in them only that it is PEM is asked
        (secrets / "control-tls" / name).write_text("-----BEGIN CERTIFICATE-----\n")
    for case, objects in rendered.items():
        if not any("sidecar.yaml" in c["data"] for c in objects.of("ConfigMap")):
            continue
        file = tmp_path / "sidecar.yaml"
        config = objects.config()
        config.get("state", {}).pop("file", None)  # its folder is a volume of the pod
        file.write_text(yaml.safe_dump(config).replace("/etc/sweetspot-secrets", str(secrets)))
        done = subprocess.run([sweetspot.folder / "sweetspot", "--config", file, "--check"], capture_output=True,
                              text=True, timeout=20)
        assert done.returncode == 0, f"{case}: {done.stderr}"


def test_a_native_sidecar_starts_first_and_a_plain_container_serves_older_clusters(rendered):
    spec = rendered["default-values"].one("Deployment")["spec"]["template"]["spec"]
    assert [c["name"] for c in spec["containers"]] == ["backend"]
    assert spec["initContainers"][-1]["restartPolicy"] == "Always"
    for case in ("before native sidecars", "plain-container-values"):
        spec = rendered[case].one("Deployment")["spec"]["template"]["spec"]
        assert [c["name"] for c in spec["containers"]] == ["backend", "sweetspot"]
        assert "initContainers" not in spec
        assert "restartPolicy" not in spec["containers"][1]


def test_one_value_takes_the_sidecar_away(rendered):
    for case in ("off-values", "a chart of one's own, switched off"):
        assert "9901" not in json.dumps(rendered[case])
        assert "sweetspot-sidecar" not in json.dumps(rendered[case])
        assert rendered[case].one("Service")["spec"]["ports"][0]["targetPort"] == 8081


def test_the_service_leads_to_the_proxy_and_the_backend_stays_on_loopback(rendered):
    objects = rendered["default-values"]
    assert objects.one("Service")["spec"]["ports"][0]["targetPort"] == 8080
    backend = objects.one("Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert "--listen=127.0.0.1:8081" in backend["args"]
    assert objects.config()["upstream"] == "127.0.0.1:8081"
    assert objects.config()["control"].startswith("127.0.0.1:")
    opened = [p["port"] for rule in objects.one("NetworkPolicy")["spec"]["ingress"] for p in rule["ports"]]
    assert opened == [8080, 9901]


def test_every_selector_finds_its_pods(rendered):
    for case, objects in rendered.items():
        pods = [o["spec"]["template"]["metadata"]["labels"] for o in objects.of("Deployment")]
        for o in objects:
            spec = o.get("spec", {})
            selector = {"Service": spec.get("selector"), "Deployment": spec.get("selector", {}).get("matchLabels"),
                        "NetworkPolicy": spec.get("podSelector", {}).get("matchLabels"),
                        "PodDisruptionBudget": spec.get("selector", {}).get("matchLabels"),
                        "PodMonitor": spec.get("selector", {}).get("matchLabels")}.get(o["kind"])
            if selector and pods:
                assert any(selector.items() <= labels.items() for labels in pods), f"{case}: {o['kind']}"


def test_ones_own_pod_keeps_what_it_had(rendered):
    template = rendered["a chart of one's own"].one("Deployment")["spec"]["template"]
    app = template["spec"]["containers"][0]
    assert app["env"] == [{"name": "LISTEN", "value": "127.0.0.1:8081"}]
    assert app["livenessProbe"]["httpGet"]["port"] == 8080
    assert app["lifecycle"]["preStop"]["httpGet"] == {"path": "/drained", "port": 9901}
    assert template["metadata"]["labels"] == {"app": "demo", "sweetspot-sidecar": "demo-sweetspot"}


def test_probes_ask_the_sidecar_alone(rendered):
    for case, word in {"default-values": "httpGet", "closed-values": "exec"}.items():
        sidecar = rendered[case].sidecar()
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert word in sidecar[probe]
    paths = {p: rendered["default-values"].sidecar()[p]["httpGet"]["path"]
             for p in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert paths == {"startupProbe": "/healthz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}


def checksum(objects):
    return objects.one("Deployment")["spec"]["template"]["metadata"]["annotations"]["sweetspot/restart-checksum"]


def test_a_changed_configuration_restarts_the_pods_and_nothing_else_does(helm):
    before = checksum(helm.render())
    assert checksum(helm.render(values={"podMonitor": {"enabled": True}})) == before
    assert checksum(helm.render(values={"config": {"workers": 2}})) != before


def test_a_key_that_a_running_sidecar_takes_over_restarts_nothing(helm):
    def after(**config):
        return checksum(helm.render(values={"config": config}))
    assert after() == after(limit={"max": 7}) == after(limit={"max": 8, "min": 2}) == after(mode="shadow")
    assert after(queue={"size": 7}) == after()
    assert after(limit={"max": 7}, workers=2) != after(limit={"max": 7})


def test_the_configuration_is_mounted_as_a_folder_so_that_a_change_reaches_it(rendered):
    mounts = rendered["everything-values"].sidecar()["volumeMounts"]
    assert all("subPath" not in m for m in mounts)
    assert {"name": "sweetspot-secret-0", "mountPath": "/etc/sweetspot-tls", "readOnly": True} in mounts


def test_the_backends_hook_waits_for_the_sidecars(rendered):
    """All preStop hooks run at once, so this is what keeps the backend alive until the sidecar has drained."""
    hooks = {case: objects.one("Deployment")["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]
             for case, objects in rendered.items() if case in ("default-values", "closed-values")}
    assert hooks == {"default-values": {"httpGet": {"path": "/drained", "port": 9901}},
                     "closed-values": {"sleep": {"seconds": 5 + 5 + 60}}}
    for case in hooks:
        assert rendered[case].sidecar()["lifecycle"]["preStop"]["exec"]["command"] == [
            "/usr/bin/sweetspotctl", "--address", "127.0.0.1:9902", "drain", "--wait"]


def test_an_install_says_how_to_go_on(helm):
    notes = helm.run("install", "demo", CHART, "--dry-run=client").split("NOTES:")[1]
    assert "deploy/demo-sweetspot-example -c sweetspot -- /usr/bin/sweetspotctl" in notes
    assert "up to 75 s" in notes


def test_the_load_test_is_an_indexed_job(rendered):
    job = rendered["everything-values"].one("Job")
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 4
    args = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[0] == "http://demo-sweetspot-example:80/" and args[-1] == "--no-keepalive"


def test_an_autoscaler_scales_on_saturation_and_owns_the_number_of_pods(rendered):
    hpa = rendered["everything-values"].one("HorizontalPodAutoscaler")
    pods = hpa["spec"]["metrics"][0]["pods"]
    assert pods == {"metric": {"name": "sweetspot_saturation"},
                    "target": {"type": "AverageValue", "averageValue": "800m"}}
    keda = rendered["keda-values"].one("ScaledObject")["spec"]["triggers"][0]["metadata"]
    assert keda["threshold"] == "0.7" and "sweetspot_saturation" in keda["query"]
    for case in ("everything-values", "keda-values"):
        assert "replicas" not in rendered[case].one("Deployment")["spec"]


def test_secrets_reach_the_configuration_and_whoever_calls_in_the_container(rendered):
    objects = rendered["everything-values"]
    assert objects.config()["access"] == {
        "certificate": "/etc/sweetspot-secrets/control-tls/tls.crt", "key": "/etc/sweetspot-secrets/control-tls/tls.key",
        "tokens": "/etc/sweetspot-secrets/control-tokens/tokens"}
    assert objects.config()["operator"] == {"token_file": "/etc/sweetspot-secrets/operator/token"}
    assert {e["name"] for e in objects.sidecar()["env"]} == {
        "SWEETSPOT_CA", "SWEETSPOT_SERVER_NAME", "SWEETSPOT_TOKEN_FILE", "SWEETSPOT_CERTIFICATE", "SWEETSPOT_KEY"}
    mounts = {m["mountPath"]: m for m in objects.sidecar()["volumeMounts"]}
    assert all(mounts[f"/etc/sweetspot-secrets/{f}"]["readOnly"] for f in ("operator", "control-tls", "control-tokens", "control-client"))
    assert "env" not in rendered["default-values"].sidecar()


def test_the_whole_end_of_a_pod_fits_its_grace_period(helm):
    def grace(**values):
        return helm.render(values=values).one("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace() == 5 + 5 + 60 + 5
    assert grace(config={"drain": {"delay": "1500ms", "grace": "2m"}}, backend={"shutdown": "1s"}) == 122 + 1


def test_a_grace_period_of_ones_own_that_is_too_short_is_refused(helm, own_chart):
    deployment = own_chart / "templates/deployment.yaml"
    text = deployment.read_text()
    deployment.write_text(text.replace("\nspec:\n  containers:",
                                       "\nspec:\n  terminationGracePeriodSeconds: 30\n  containers:", 1))
    try:
        with pytest.raises(Refused, match="30 is too short.* need 75"):
            helm.render(own_chart)
    finally:
        deployment.write_text(text)


@pytest.mark.parametrize("values, words", [
    ({"adminExposed": False}, "backend.preStop"),
    ({"adminExposed": False, "backend": {"preStop": "sleep"}, "podMonitor": {"enabled": True}}, "adminExposed"),
    ({"ports": {"proxy": 9901}}, "must differ"),
    ({"backend": {"container": "nobody"}}, 'no container "nobody"'),
    ({"example": {"enabled": False}, "autoscaling": {"kind": "hpa"}}, "autoscaling.deployment"),
    ({"example": {"enabled": False}, "loadTest": {"enabled": True}}, "loadTest.url"),
    ({"config": {"access": {"tokens": "/t"}}}, "secrets.controlTokens"),
    ({"config": {"access": {"certificate": "/c", "key": "/k"}}}, "secrets.controlTls"),
    ({"config": {"access": {"client_ca": "/c"}}}, "secrets.controlClient"),
])
def test_values_that_do_not_fit_together_are_refused_with_a_sentence(helm, values, words):
    with pytest.raises(Refused, match=words):
        helm.render(values=values)


def test_a_share_may_be_a_fraction(helm):
    config = {"access_log": {"file": "stderr", "sample": 0.25}, "response": {"server_timing": True}}
    assert helm.render(values={"config": config}).config()["access_log"]["sample"] == 0.25


def test_a_sleeping_hook_is_refused_where_kubernetes_has_none(helm):
    with pytest.raises(Refused, match="needs Kubernetes 1.30"):
        helm.render(values={"backend": {"preStop": "sleep"}}, version="1.29")


@pytest.mark.parametrize("values, words", [
    ({"enable": True}, "enable"),
    ({"config": {"queue": {"sise": 5}}}, "sise"),
    ({"config": {"quue": {}}}, "quue"),
    ({"config": {"queue": {"size": "many"}}}, "queue/size"),
    ({"config": {"queue": {"size": -1}}}, "queue/size"),
    ({"config": {"queue": {"timeout": "5 parsecs"}}}, "queue/timeout"),
    ({"config": {"tuner": {"objective": "best"}}}, "objective"),
    ({"config": {"limit": {"initial": "some"}}}, "limit/initial"),
    ({"config": {"upstream": "1.2.3.4:80"}}, "upstream"),
    ({"config": {"bypass": {"paths": "/healthz"}}}, "paths"),
    ({"ports": {"proxy": 80}}, "ports/proxy"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"nativeSidecar": "yes"}, "nativeSidecar"),
    ({"runAsUser": 0}, "runAsUser"),
    ({"autoscaling": {"kind": "magic"}}, "autoscaling/kind"),
    ({"resources": {"limit": {}}}, "limit"),
    ({"secretMounts": [{"name": "x"}]}, "mountPath"),
    ({"secrets": {"controlTls": "Not A Name"}}, "secrets/controlTls"),
    ({"secrets": {"tls": "x"}}, "tls"),
    ({"podMonitor": {"interval": 5}}, "podMonitor/interval"),
])
def test_the_schema_refuses(helm, values, words):
    with pytest.raises(Refused) as refusal:
        helm.render(values=values)
    assert words in str(refusal.value)
    assert "schema" in str(refusal.value)
