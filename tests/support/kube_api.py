"""An API server that speaks Kubernetes' protocol for what a sidecar asks of it: one Lease with versions, conflicts and
watches, and the status of workloads. Who calls is known by the bearer token, so that each caller can be cut off, refused or
slowed down by itself, and each one's requests are kept."""

import collections
import copy
import http.server
import json
import pathlib
import queue
import ssl
import subprocess
import threading
import time
import urllib.parse

Call = collections.namedtuple("Call", "at token verb path status")


def certificates(folder):
    """A CA and a server certificate of 127.0.0.1 signed by it, as files of `folder`."""
    folder = pathlib.Path(folder)
    run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.crt")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server",
        "-keyout", "tls.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "names", "-out", "tls.crt")
    return folder


class KubeApi:
    """`with KubeApi(folder) as api`. All of its fields may be changed at any time under api.lock."""

    NAMESPACE = "shop"

    def __init__(self, folder, lease="api"):
        self.folder = certificates(folder)
        self.lock = threading.RLock()
        self.version = 100
        self.oldest = 0  # a watch from before it is too old
        self.objects = {}  # by path
        self.calls = []
        self.tokens = {"token"}
        self.cut_off = set()  # tokens whose connections die
        self.answers = {}  # token or None: (status, headers) for everything
        self.watchers = []
        self.lease_path = f"/apis/coordination.k8s.io/v1/namespaces/{self.NAMESPACE}/leases/{lease}"
        self.put(self.lease_path, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                                   "metadata": {"name": lease, "namespace": self.NAMESPACE}, "spec": {}})

    def __enter__(self):
        api = self

        class Handler(_Handler):
            kube = api

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "tls.crt", self.folder / "tls.key")
        self.server.context = context
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for watcher in self.watchers:
                watcher.put(None)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.server.server_address[1]}"

    def credentials(self, name):
        """A folder as a pod has it, for a caller whose token is `name`."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_text((self.folder / "ca.crt").read_text())
        (folder / "token").write_text(name)
        (folder / "namespace").write_text(self.NAMESPACE)
        with self.lock:
            self.tokens.add(name)
        return folder

    def put(self, path, given):
        """As the storage does it: a new version, and everybody who watches is told."""
        with self.lock:
            self.version += 1
            kept = copy.deepcopy(given)
            kept["metadata"]["resourceVersion"] = str(self.version)
            kind = "MODIFIED" if path in self.objects else "ADDED"
            self.objects[path] = kept
            self._tell({"type": kind, "object": kept})
            return kept

    def delete(self, path):
        with self.lock:
            self._tell({"type": "DELETED", "object": self.objects.pop(path)})

    def _tell(self, event):
        for watcher in self.watchers:
            watcher.put(event)

    def scale(self, name, replicas, ready=None):
        ready = replicas if ready is None else ready
        path = f"/apis/apps/v1/namespaces/{self.NAMESPACE}/deployments/{name}"
        self.put(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "generation": 1},
                        "spec": {"replicas": replicas},
                        "status": {"replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready,
                                   "observedGeneration": 1}})

    def expire_watches(self):
        """All that was seen so far is compacted away, and each watch ends with 410."""
        with self.lock:
            self.oldest = self.version
            self._tell({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired",
                                                    "message": "too old resource version"}})
            for watcher in self.watchers:
                watcher.put(None)

    def cut(self, *tokens):
        with self.lock:
            self.cut_off |= set(tokens)
            for watcher in self.watchers:
                watcher.put(None)

    @property
    def lease(self):
        with self.lock:
            return copy.deepcopy(self.objects[self.lease_path])

    @property
    def holder(self):
        return self.lease["spec"].get("holderIdentity", "")

    def knowledge(self):
        return json.loads(self.lease["metadata"].get("annotations", {}).get("sweetspot/knowledge", "[]"))

    def calls_of(self, token, verb=None):
        with self.lock:
            return [c for c in self.calls if c.token == token and verb in (None, c.verb)]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kube = None

    def setup(self):
        self.request.settimeout(30)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        try:
            super().handle()
        except (OSError, ssl.SSLError):
            pass

    def log_message(self, *_):
        pass

    def token(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def admit(self, verb):
        """What is wrong with the caller, as (status, headers, reason); nothing where it may go on."""
        kube, token = self.kube, self.token()
        with kube.lock:
            if token in kube.cut_off:
                self.close_connection = True
                raise OSError("cut off")
            fault = kube.answers.get(token, kube.answers.get(None))
            if token not in kube.tokens:
                fault = (401, {})
            return fault

    def note(self, verb, status):
        with self.kube.lock:
            self.kube.calls.append(Call(time.monotonic(), self.token(), verb, self.path, status))

    def answer(self, verb, status, body, headers=None):
        self.note(verb, status)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, verb, status, message, headers=None):
        self.answer(verb, status, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message,
                                   "code": status}, headers)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        verb = "watch" if query.get("watch") else "get"
        fault = self.admit(verb)
        if fault:
            return self.refuse(verb, fault[0], f"told to answer {fault[0]}", fault[1])
        if verb == "watch":
            return self.watch(url.path, query)
        with self.kube.lock:
            found = copy.deepcopy(self.kube.objects.get(url.path))
        if found is None:
            return self.refuse(verb, 404, f"{url.path} not found")
        self.answer(verb, 200, found)

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.admit("update")
        if fault:
            return self.refuse("update", fault[0], f"told to answer {fault[0]}", fault[1])
        with self.kube.lock:
            held = self.kube.objects.get(self.path)
            if held is None:
                return self.refuse("update", 404, f"{self.path} not found")
            if body["metadata"].get("resourceVersion") != held["metadata"]["resourceVersion"]:
                return self.refuse("update", 409, "the object has been modified")
            if not body["spec"].get("leaseDurationSeconds", 1) > 0:
                return self.refuse("update", 422, "spec.leaseDurationSeconds: must be greater than 0")
            kept = self.kube.put(self.path, body)
        self.answer("update", 200, kept)

    def watch(self, path, query):
        kube = self.kube
        field, name = query["fieldSelector"].split("=")
        assert field == "metadata.name" and query["allowWatchBookmarks"] == "true"
        since = int(query["resourceVersion"])
        events = queue.SimpleQueue()
        with kube.lock:
            if since < kube.oldest:
                return self.refuse("watch", 410, "too old resource version")
            now = kube.objects.get(f"{path}/{name}")
            if now and int(now["metadata"]["resourceVersion"]) > since:
                events.put({"type": "MODIFIED", "object": now})
            kube.watchers.append(events)
        self.note("watch", 200)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + float(query["timeoutSeconds"])
        try:
            while (left := end - time.monotonic()) > 0:
                try:
                    event = events.get(timeout=left)
                except queue.Empty:
                    break
                if event is None:
                    if self.token() in kube.cut_off:
                        return
                    break
                if event["object"].get("kind") not in ("Lease", "Status"):
                    continue
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        finally:
            with kube.lock:
                kube.watchers.remove(events)
            self.close_connection = True
