"""How fast the webhook answers: reviews at a fixed rate over TLS, each timed from when it was due.

Target: p99 under 20 ms at 100 reviews a second.
"""

import argparse
import http.client
import json
import pathlib
import ssl
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "support"), str(pathlib.Path(__file__).resolve().parents[1] / "helm")]

from injection import with_istio, workloads  # noqa: E402
from kube_api import certificates  # noqa: E402
from processes import Program  # noqa: E402

TEMPLATE = {"container": {"name": "sweetspot", "image": "sweetspot:1", "restartPolicy": "Always",
                          "args": [f"--key{i}=value" for i in range(30)],
                          "ports": [{"name": "sweetspot-http", "containerPort": 8080}, {"name": "sweetspot-admin", "containerPort": 9901}]},
            "volumes": [{"name": "sweetspot-state", "emptyDir": {}}], "labels": {"sweetspot-sidecar": "x"},
            "backendPreStop": {"httpGet": {"path": "/drained", "port": 9901}}, "endSeconds": 75, "drainDelayMilliseconds": 5000,
            "native": True, "proxyPort": 8080, "adminPort": 9901, "controlPort": 9902, "backendPort": 8081,
            "bindAddress": "0.0.0.0", "namespace": "sweetspot", "denies": False}


def reviews():
    """Pods and workloads, alone and in a mesh, each with 20 KiB of what real objects carry along."""
    ballast = {f"annotation.example/{i}": "x" * 200 for i in range(100)}
    for thing in workloads().values():
        for made in (thing, with_istio(thing)):
            made["metadata"].setdefault("annotations", {}).update(ballast)
            yield json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                              "request": {"uid": "u", "operation": "CREATE", "namespace": "web", "object": made}})


def drive(address, folder, rate, seconds, connections):
    bodies = list(reviews())
    latencies, failures, begin = [], [], time.monotonic() + 0.5
    host, port = address.rsplit(":", 1)

    def client(first):
        context = ssl.create_default_context(cafile=folder / "ca.crt")
        connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
        for i in range(first, int(rate * seconds), connections):
            due = begin + i / rate
            time.sleep(max(0, due - time.monotonic()))
            connection.request("POST", "/inject", bodies[i % len(bodies)])
            answer = connection.getresponse()
            text = answer.read()
            latencies.append(time.monotonic() - due)
            if answer.status != 200 or b'"patch"' not in text:
                failures.append(text[:200])
    threads = [threading.Thread(target=client, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(latencies), failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = certificates(name)
        (folder / "template.json").write_text(json.dumps(TEMPLATE))
        with Program([pathlib.Path(given.bin) / "sweetspot", "injector", "--listen", "127.0.0.1:0", "--certificate", folder / "tls.crt",
                      "--key", folder / "tls.key", "--template", folder / "template.json"], ready=r"^ready ") as program:
            latencies, failures = drive(program.ready["injector"], folder, given.rate, given.seconds, 8)
            ticks = pathlib.Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
    figures = {"reviews": len(latencies), "failures": len(failures),
               **{f"p{p}_ms": 1e3 * latencies[min(len(latencies) - 1, int(len(latencies) * p / 100))] for p in (50, 90, 99)},
               "max_ms": 1e3 * latencies[-1], "cpu_ms_each": 10 * (int(ticks[11]) + int(ticks[12])) / len(latencies)}
    print("  ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()))
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(figures))
    if failures or figures["p99_ms"] >= 20:
        print(f"MISSED webhook_p99_ms 20 {figures['p99_ms']:.1f}" if not failures else f"MISSED failures 0 {len(failures)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
