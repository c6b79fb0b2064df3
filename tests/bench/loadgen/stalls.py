"""The corrected latency on a server with stalls, by our tool and by wrk2's definition of it.

wrk2 gives each of its connections a schedule of its own, at a constant distance, and measures each response
from the moment at which its request was due by that schedule, whether or not the connection was free. Here
that definition is written out with blocking sockets, one thread a connection, beside the tool under test and
against the same stalls.
"""

import http.client
import json
import random
import socket
import subprocess
import threading
import time

REQUEST = b"GET /?bytes=0 HTTP/1.1\r\nHost: test\r\n\r\n"  # answered by a head alone


def by_definition(address, rate, connections, seconds, seed):
    """All latencies in seconds, sorted."""
    latencies, lock = [], threading.Lock()
    offsets = random.Random(seed)
    start = time.monotonic() + 0.1
    distance = connections / rate

    def drive(first):
        own, due = [], first
        with socket.create_connection(address.split(":")) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while due < start + seconds:
                time.sleep(max(0.0, due - time.monotonic()))
                connection.sendall(REQUEST)
                received = b""
                while not received.endswith(b"\r\n\r\n"):
                    received += connection.recv(65536)
                own.append(time.monotonic() - due)
                due += distance
        with lock:
            latencies.extend(own)

    threads = [threading.Thread(target=drive, args=(start + offsets.random() * distance,)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(latencies)


def stall_now_and_then(address, milliseconds, every, ended):
    while not ended.wait(every):
        connection = http.client.HTTPConnection(address)
        connection.request("POST", "/fault", json.dumps({"stall_ms": milliseconds}))
        connection.getresponse().read()
        connection.close()


def compared(sweetspot, seconds, seed, rate=300, connections=2):
    """p50, p90 and p99 in ms: ours and by the definition, at the same time. With so few connections hardly one
    request in a hundred is sent into a stall: without the correction the p99 knows nothing of it."""
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms", "--parallelism", "128") as backend:
        address, ended = backend.ready["listen"], threading.Event()
        stalls = threading.Thread(target=stall_now_and_then, args=(address, 200, 1.0, ended))
        stalls.start()
        ours = subprocess.Popen([sweetspot.folder / "sweetspot-load", "run", f"http://{address}/", "--rate", str(rate),
                                 "-c", str(connections), "-z", f"{seconds}s", "--output", "json"],
                                stdout=subprocess.PIPE, text=True)
        theirs = by_definition(address, rate, connections, seconds, seed)
        report = json.loads(ours.communicate()[0])
        ended.set()
        stalls.join()
    at = lambda q: 1e3 * theirs[min(int(q * len(theirs)), len(theirs) - 1)]  # noqa: E731
    return {"ours": {p: report[f"{p}_ms"] for p in ("p50", "p90", "p99")},
            "definition": {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99)},
            "uncorrected_p99": report["open_loop"]["uncorrected_p99_ms"]}
