"""What a proxy costs: CPU time, instructions, system calls, latency, memory."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from contestants import LOAD_CPU, PROXY_CPU, on_cpu
from processes import Failed, cpu_seconds, until


def spent(pid):
    """Nanoseconds that a process has run, and that it stood ready to run but something else ran."""
    waited = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that ends meanwhile
            waited += int((task / "schedstat").read_text().split()[1])
    return 1e9 * cpu_seconds(pid), waited


def stolen():
    """Seconds that the hypervisor gave the proxies' core to others."""
    line = next(line for line in pathlib.Path("/proc/stat").read_text().splitlines()
                if line.startswith(f"cpu{PROXY_CPU} "))
    return int(line.split()[8]) / 100


class Load:
    """Our own load tool, on the core of the load."""

    def __init__(self, bin_folder):
        self.tool = pathlib.Path(bin_folder).resolve() / "sweetspot-load"

    def __call__(self, address, path, *flags):
        argv = [self.tool, "run", f"http://{address}{path}", "--output", "json", *flags]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, preexec_fn=on_cpu(LOAD_CPU))
        if done.returncode != 0:
            raise Failed(f"sweetspot-load ended with {done.returncode}: {done.stderr}")
        report = json.loads(done.stdout)
        if any(report["errors"].values()) or set(report["status"]) != {"200"}:
            raise Failed(f"not all was well at {address}: {report['status']} {report['errors']}")
        return report


def cpu_per_request(load, pid, address, path, requests, *flags):
    """Microseconds a request, and the share of the time in which the measurement was disturbed."""
    begin, (ran, waited), stole = time.monotonic(), spent(pid), stolen()
    report = load(address, path, "-n", requests, *flags)
    (ran_after, waited_after), took = spent(pid), time.monotonic() - begin
    disturbed = (waited_after - waited) / 1e9 + stolen() - stole
    return (ran_after - ran) / 1e3 / report["requests"], disturbed / took


def instructions_per_request(start, load, connections, few=1000, many=5000):
    """User instructions of the thread that serves, by callgrind: the growth from few to many requests."""
    if not shutil.which("valgrind"):
        return None
    counts = []
    for requests in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out"
            wrapper = ["valgrind", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={out}", "-q"]
            with start(wrapper=wrapper) as (address, _):
                load(address, "/small", "-n", requests, "-c", connections)
            # Threads are numbered in the order in which they began, which is the same each time.
            counts.append({part.name: int(m.group(1)) for part in pathlib.Path(folder).iterdir()
                           if (m := re.search(r"^totals: (\d+)", part.read_text(), re.M))})
    fewer, more = counts
    return max(more[thread] - fewer.get(thread, 0) for thread in more) / (many - few)


def calls_per_request(load, pid, address, connections, requests=5000):
    """System calls a request, and the sends among them."""
    if not shutil.which("strace"):
        return None
    load(address, "/small", "-n", 10 * connections, "-c", connections)
    with tempfile.NamedTemporaryFile() as summary:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", summary.name, "-p", str(pid)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            if "attached" not in tracer.stderr.readline():
                return None
            load(address, "/small", "-n", requests, "-c", connections)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        text = pathlib.Path(summary.name).read_text()
    calls = {line.split()[-1]: int(line.split()[3]) for line in text.splitlines()
             if re.match(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+\d+", line) and not line.endswith("total")}
    return sum(calls.values()) / requests, (calls.get("sendmsg", 0) + calls.get("sendto", 0)) / requests


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024


@contextlib.contextmanager
def idle_connections(address, count):
    """Connections that have each served one request and then say nothing."""
    host, port = address.split(":")
    request = b"GET /small HTTP/1.1\r\nHost: idle.test\r\n\r\n"
    with contextlib.ExitStack() as held:
        for _ in range(count):
            one = held.enter_context(socket.create_connection((host, int(port))))
            one.sendall(request)
            answer = one.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise Failed(f"an idle connection was answered {answer[:60]!r}")
        yield


def settled(pid):
    """Resident bytes, once they no longer fall."""
    seen = [resident(pid)]

    def is_steady():
        seen.append(resident(pid))
        time.sleep(0.1)
        return len(seen) > 25 and len(set(seen[-15:])) == 1
    until(is_steady, timeout=30, what="a steady size of the resident memory")
    return seen[-1]
