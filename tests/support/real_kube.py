"""A real kube-apiserver with etcd, each on free ports of this machine. No controllers, no nodes: what is created stays as it was
admitted."""

import json
import pathlib
import ssl
import subprocess
import urllib.error
import urllib.request

from processes import Program, free_port, until

ADMIN = "an-admins-token"


class RealKube:
    NAMESPACE = "shop"

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def __enter__(self):
        clients, peers, port = free_port(), free_port(), free_port()
        key, tokens = self.folder / "accounts.key", self.folder / "tokens.csv"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens.write_text(f'{ADMIN},admin,admin,"system:masters"\n')
        self.etcd = Program(["etcd", "--data-dir", self.folder / "etcd", "--listen-client-urls", f"http://127.0.0.1:{clients}",
                             "--advertise-client-urls", f"http://127.0.0.1:{clients}", "--listen-peer-urls",
                             f"http://127.0.0.1:{peers}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers}",
                             "--initial-cluster", f"default=http://127.0.0.1:{peers}"])
        self.server = Program([self.program, "--etcd-servers", f"http://127.0.0.1:{clients}", "--secure-port", port,
                               "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--cert-dir",
                               self.folder / "certs", "--service-account-key-file", key, "--service-account-signing-key-file",
                               key, "--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range",
                               "10.0.0.0/24", "--authorization-mode", "RBAC", "--token-auth-file", tokens,
                               "--endpoint-reconciler-type", "none"])
        self.url = f"https://127.0.0.1:{port}"
        until(self._is_ready, 120, "kube-apiserver")
        for namespace in ("default", "kube-system"):
            until(lambda: self._has_account_of(namespace), 30, f"the namespace {namespace}")
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.NAMESPACE}})
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.etcd.stop()

    def _is_ready(self):
        try:
            return self.call("GET", "/readyz", raw=True) == "ok"
        except (OSError, urllib.error.URLError):
            return False

    def _has_account_of(self, namespace):
        """What a controller would make, without which no pod may be."""
        try:
            return self.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, namespace)
        except urllib.error.HTTPError as error:
            return error.code == 409

    def call(self, method, path, body=None, token=ADMIN, raw=False):
        """The answer's object; an HTTPError where it is no success. `warnings` has what the server warned of."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            self.warnings = answer.headers.get_all("Warning") or []
            text = answer.read().decode()
        return text if raw else json.loads(text)

    PLURALS = {"Namespace": "namespaces", "Lease": "leases", "Role": "roles", "RoleBinding": "rolebindings",
               "ServiceAccount": "serviceaccounts", "Pod": "pods", "Deployment": "deployments", "StatefulSet": "statefulsets",
               "DaemonSet": "daemonsets", "ReplicaSet": "replicasets", "Job": "jobs", "CronJob": "cronjobs",
               "ReplicationController": "replicationcontrollers", "ConfigMap": "configmaps",
               "MutatingWebhookConfiguration": "mutatingwebhookconfigurations"}

    def path(self, api_version, kind, name=None, namespace=NAMESPACE):
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        space = "" if kind in ("Namespace", "MutatingWebhookConfiguration") else f"/namespaces/{namespace}"
        return f"{root}{space}/{self.PLURALS[kind]}" + (f"/{name}" if name else "")

    def create(self, thing, namespace=NAMESPACE):
        made = self.call("POST", self.path(thing["apiVersion"], thing["kind"], namespace=namespace), thing)
        if thing["kind"] == "Namespace":
            self._has_account_of(thing["metadata"]["name"])
        return made

    def credentials(self, account):
        """A folder as a pod of that ServiceAccount has it."""
        folder = self.folder / account
        folder.mkdir()
        self.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
        made = self.call("POST", self.path("v1", "ServiceAccount", account) + "/token",
                         {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
        (folder / "token").write_text(made["status"]["token"])
        (folder / "ca.crt").write_text((self.folder / "certs/apiserver.crt").read_text())
        (folder / "namespace").write_text(self.NAMESPACE)
        return folder

    def lease(self, name):
        return self.call("GET", self.path("coordination.k8s.io/v1", "Lease", name))
