"""The webhook as the chart brings it up, run on this machine, and asked as an API server asks."""

import base64
import copy
import http.client
import json
import ssl

from processes import Program


class Injector:
    """`sweetspot injector` with the template and the certificate of rendered objects."""

    def __init__(self, sweetspot, objects, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.host = "demo-sweetspot-injector.shop.svc"  # by which the API server asks
        webhook = objects.one("MutatingWebhookConfiguration")["webhooks"][0]
        secret = next(s for s in objects.of("Secret") if "tls.crt" in s["data"])
        (folder / "ca.crt").write_bytes(base64.b64decode(webhook["clientConfig"]["caBundle"]))
        for name in ("tls.crt", "tls.key"):
            (folder / name).write_bytes(base64.b64decode(secret["data"][name]))
        template = next(c for c in objects.of("ConfigMap") if "template.json" in c["data"])["data"]["template.json"]
        (folder / "template.json").write_text(template)
        self.template = json.loads(template)
        self.folder = folder
        self.program = Program([sweetspot.folder / "sweetspot", "injector", "--listen", "127.0.0.1:0", "--certificate",
                                folder / "tls.crt", "--key", folder / "tls.key", "--template", folder / "template.json",
                                "--log.level", "debug"], ready=r"^ready ")
        self.address = self.program.ready["injector"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stop()

    def connect(self):
        """A connection that trusts the webhook's CA and demands the Service's name, as an API server does."""
        context = ssl.create_default_context(cafile=self.folder / "ca.crt")
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), timeout=20, context=context)
        connection._create_connection = lambda *args, **kwargs: http.client.socket.create_connection(
            (host, int(port)), timeout=20)
        connection.host = self.host  # for SNI and for the certificate
        return connection

    def ask(self, path="/inject", body=None, connection=None):
        connection = connection or self.connect()
        connection.request("POST" if body else "GET", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def review(self, thing, namespace="web", operation="CREATE"):
        """The answer's response, and the object with its patch carried out."""
        request = {"uid": "1234", "operation": operation, "namespace": namespace, "object": thing,
                   "kind": {"group": "", "version": "v1", "kind": thing["kind"]}}
        status, body = self.ask(body=json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                                                 "request": request}))
        assert status == 200, body
        response = json.loads(body)["response"]
        assert response["uid"] == "1234"
        patched = copy.deepcopy(thing)
        if "patch" in response:
            assert response["patchType"] == "JSONPatch"
            carry_out(patched, json.loads(base64.b64decode(response["patch"])))
        return response, patched


def carry_out(thing, patch):
    """RFC 6902, with the strictness of an API server: what is replaced or removed must be there."""
    for step in patch:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        at = thing
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            index = len(at) if last == "-" else int(last)
            assert index <= len(at)
            if step["op"] == "add":
                at.insert(index, step["value"])
            elif step["op"] == "replace":
                at[index] = step["value"]
            else:
                assert step["op"] == "remove"
                del at[index]
        elif step["op"] == "remove":
            del at[last]
        else:
            assert step["op"] == "add" or last in at
            at[last] = step["value"]


def pod(name="api-0", owner=None, **spec):
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "api"}},
            "spec": {"containers": [{"name": "api", "image": "api:1", "ports": [{"name": "http", "containerPort": 3000}],
                                     "readinessProbe": {"httpGet": {"path": "/ok", "port": "http"}}}], **spec}}
    if owner:
        made["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner, "name": "api", "uid": "u",
                                                "controller": True}]
    return made


def workloads():
    """One of each kind that makes pods, and the pod that it makes, by name."""
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod()["spec"]}
    ends = {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}
    meta, selector = {"name": "api"}, {"matchLabels": {"app": "api"}}

    def of(api, kind, **spec):
        return {"apiVersion": api, "kind": kind, "metadata": dict(meta), "spec": spec}
    made = [of("apps/v1", "Deployment", selector=selector, template=template),
            of("apps/v1", "ReplicaSet", selector=selector, template=template),
            of("apps/v1", "StatefulSet", selector=selector, serviceName="api", template=template),
            of("apps/v1", "DaemonSet", selector=selector, template=template),
            of("v1", "ReplicationController", selector={"app": "api"}, template=template),
            of("batch/v1", "Job", template=ends),
            of("batch/v1", "CronJob", schedule="* * * * *", jobTemplate={"spec": {"template": ends}})]
    things = {thing["kind"]: copy.deepcopy(thing) for thing in made}
    for owner in ("ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"):
        things[f"Pod of a {owner}"] = pod(owner=owner)
    things["Pod of a Job"] = pod(owner="Job", restartPolicy="OnFailure")
    things["Pod of nobody"] = pod()
    return things


def pod_of(thing):
    """Metadata and spec of what it makes."""
    if thing["kind"] == "Pod":
        return thing
    spec = thing["spec"]["jobTemplate"]["spec"] if thing["kind"] == "CronJob" else thing["spec"]
    return spec["template"]


def with_istio(thing):
    """As Istio's webhook leaves it: proxies of its own, and HTTP probes moved to its agent."""
    meshed = copy.deepcopy(thing)
    made = pod_of(meshed)
    app = made["spec"]["containers"][0]
    app["readinessProbe"] = {"httpGet": {"path": "/app-health/api/readyz", "port": 15020}}
    made["spec"]["containers"].insert(0, {
        "name": "istio-proxy", "image": "istio/proxyv2", "args": ["proxy", "sidecar"],
        "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/healthz/ready", "port": 15021}}})
    made["spec"].setdefault("initContainers", []).insert(0, {"name": "istio-init", "image": "istio/proxyv2"})
    made.setdefault("metadata", {}).setdefault("annotations", {})["sidecar.istio.io/status"] = "{}"
    return meshed


def with_linkerd(thing):
    meshed = copy.deepcopy(thing)
    made = pod_of(meshed)
    made["spec"]["containers"].insert(0, {
        "name": "linkerd-proxy", "image": "linkerd/proxy",
        "ports": [{"containerPort": 4143, "name": "linkerd-proxy"}, {"containerPort": 4191, "name": "linkerd-admin"}],
        "lifecycle": {"postStart": {"exec": {"command": ["/usr/lib/linkerd/linkerd-await"]}}}})
    made["spec"].setdefault("initContainers", []).insert(0, {"name": "linkerd-init", "image": "linkerd/proxy-init"})
    return meshed
