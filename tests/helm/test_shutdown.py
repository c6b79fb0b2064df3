"""The end of a pod: rolling restarts under load of pods as the chart renders them, with real processes."""

import http.client
import os
import random
import threading
import urllib.request

import pytest

import kubelet
from processes import until

RESTARTS = int(os.environ.get("SWEETSPOT_RESTARTS", 10))
CLIENTS = 16
ENDPOINT_LAG = 0.15  # until clients hear that a pod ends; config.drain.delay covers it


SECRETS = {"control": {"tokens": "hook operator the-token-of-the-hooks\n", "hook": "the-token-of-the-hooks\n"}}


class Service:
    """What kube-proxy knows: the pods that may get new connections."""

    def __init__(self):
        self.ports = []

    def pick(self):
        return random.choice(self.ports)

    def replace(self, old, new):
        self.ports = [p for p in self.ports if p != old] + [p for p in [new] if p]


class Client(threading.Thread):
    """Sends one request after another until it is told to stop, and notes each that got no full answer."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service, self.answered, self.lost, self.stopping = service, 0, [], False

    def run(self):
        while not self.stopping:
            connection = http.client.HTTPConnection("127.0.0.1", self.service.pick(), timeout=30)
            try:
                while self.exchange(connection) and not self.stopping:
                    pass
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(f"{connection.port}: {error!r}")
            finally:
                connection.close()

    def exchange(self, connection):
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            self.lost.append(f"{connection.port}: {answer.status} {answer.getheader('x-sweetspot-reason')}")
        self.answered += 1
        return not answer.will_close


class Cluster:
    def __init__(self, helm, sweetspot, folder, version, values):
        self.helm, self.binaries, self.folder = helm, sweetspot.folder, folder
        self.version, self.values, self.pods = version, values, []

    def start_pod(self):
        ports = kubelet.four_ports()
        objects = self.render(ports)
        pod = kubelet.Pod(objects.one("Deployment")["spec"]["template"]["spec"], self.config_of(objects),
                          self.folder / str(len(self.pods)), self.binaries, SECRETS)
        pod.ports, pod.port = ports, ports[0]
        self.pods.append(pod)
        until(pod.is_ready, what="readiness")
        return pod

    @staticmethod
    def config_of(objects):
        return next(c for c in objects.of("ConfigMap"))["data"]["sidecar.yaml"]

    def render(self, ports, **changed):
        proxy, admin, control, backend = ports
        values = {**self.values, **changed, "ports": {"proxy": proxy, "admin": admin, "control": control},
                  "bindAddress": "127.0.0.1",
                  "backend": {"port": backend, "shutdown": "2s", **self.values.get("backend", {})},
                  "example": {"model": "sleep", "parallelism": 8, "serviceTime": "40ms"}}
        return self.helm.render(values=values, version=self.version)


@pytest.fixture
def cluster(helm, sweetspot, tmp_path):
    made = []

    def make(version="1.34", **values):
        made.append(Cluster(helm, sweetspot, tmp_path, version, values))
        return made[-1]
    yield make
    for one in made:
        for pod in one.pods:
            pod.kill()


CONFIG = {"drain": {"delay": "400ms"}, "queue": {"timeout": "500ms"}, "request": {"timeout": "1s"}}


def restart_under_load(cluster, times):
    """Replaces a pod by a new one, `times` over. Returns the clients and the exit codes."""
    service, pod, codes = Service(), cluster.start_pod(), []
    service.replace(None, pod.port)
    clients = [Client(service) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(times):
        new = cluster.start_pod()
        seen = sum(c.answered for c in clients)
        until(lambda: sum(c.answered for c in clients) > seen + 2 * CLIENTS, what="traffic")
        notice = threading.Timer(ENDPOINT_LAG, service.replace, (pod.port, new.port))
        notice.start()
        codes.append(pod.end())
        notice.join()
        pod = new
    for client in clients:
        client.stopping = True
    for client in clients:
        client.join(30)
    return clients, codes


def lost(clients):
    return [fault for client in clients for fault in client.lost]


def test_rolling_restarts_lose_no_request(cluster):
    running = cluster(config={**CONFIG, "request": {"timeout": "10s"}})
    clients, codes = restart_under_load(running, RESTARTS)
    assert lost(clients) == []
    assert codes == [{"backend": 0, "sweetspot": 0}] * RESTARTS
    for pod in running.pods[:-1]:
        assert sorted(pod.events) == ["SIGTERM to backend", "SIGTERM to sweetspot", "hook of backend done",
                                      "hook of sweetspot done"]
        assert pod.events.index("hook of backend done") < pod.events.index("SIGTERM to backend")
        assert pod.events[-1] == "SIGTERM to sweetspot"


def test_nor_where_the_sidecar_is_a_plain_container(cluster):
    clients, codes = restart_under_load(cluster("1.28", config=CONFIG), 2)
    assert lost(clients) == []
    assert codes == [{"backend": 0, "sweetspot": 0}] * 2


def test_nor_where_the_admin_port_is_closed_and_the_backend_sleeps(cluster):
    running = cluster(config=CONFIG, adminExposed=False, backend={"preStop": "sleep"})
    clients, codes = restart_under_load(running, 1)
    assert lost(clients) == []
    assert codes == [{"backend": 0, "sweetspot": 0}]


def test_nor_where_the_control_api_wants_to_know_who_drains(cluster):
    running = cluster(config=CONFIG, secrets={"controlTokens": "control"})
    clients, codes = restart_under_load(running, 1)
    assert lost(clients) == []
    assert codes == [{"backend": 0, "sweetspot": 0}]
    assert "hook of sweetspot done" in running.pods[0].events


def test_a_changed_configmap_is_taken_without_a_restart(cluster):
    running = cluster(config=CONFIG)
    pod = running.start_pod()

    def metrics():
        with urllib.request.urlopen(f"http://127.0.0.1:{pod.ports[1]}/metrics", timeout=10) as answer:
            return answer.read().decode()
    before = running.render(pod.ports)
    after = running.render(pod.ports, config={**CONFIG, "limit": {"pin": 3}})
    template = [o.one("Deployment")["spec"]["template"] for o in (before, after)]
    assert template[0] == template[1]
    pod.update(running.config_of(after))
    until(lambda: "\nsweetspot_limit 3\n" in metrics(), 20, "the new limit")
    assert '\nsweetspot_config_reloads_total{result="accepted"} 1\n' in metrics()


def test_a_backend_that_does_not_wait_loses_requests_so_the_replay_would_notice(cluster):
    clients, _ = restart_under_load(cluster(config=CONFIG, backend={"preStop": "none"}), 1)
    assert any("502" in fault for fault in lost(clients))
