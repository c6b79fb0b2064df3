"""What production costs: TLS against HAProxy, Unix sockets against TCP, and the time of a start.

  production.py --bin FOLDER [--json FILE] [--peers LIST] [--rounds N] [--seconds N] [--seed N]

CPU time per request of the proxy alone, read from /proc. Ratios are medians of pairs taken in turn; they
count where the A/A pair of the same run lies within 5 %.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from certificates import openssl  # noqa: E402
from processes import Program, Sweetspot, answers, cpu_seconds, free_port, nginx, until  # noqa: E402

CPUS = sorted(os.sched_getaffinity(0))


def on_cpu(number):
    return lambda: os.sched_setaffinity(0, {CPUS[number % len(CPUS)]})


def requests_by(argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, preexec_fn=on_cpu(0))
    if done.returncode != 0 or "Socket errors" in done.stdout:
        sys.exit(f"{argv[0]}: {done.stderr}{done.stdout}")
    return int(re.search(r"(\d+) requests in", done.stdout).group(1))


class Load:
    def __init__(self, seconds):
        self.seconds = seconds

    def spent(self, pid, url, *flags):
        """Microseconds of CPU that the proxy used for a request."""
        before = cpu_seconds(pid)
        count = requests_by(["wrk", "-t1", "-c64", f"-d{self.seconds}s", *flags, url])
        return 1e6 * (cpu_seconds(pid) - before) / count


def paired(ours, other, rounds):
    to_other, to_self, costs = [], [], []
    ours(), other()
    for _ in range(rounds):
        first, theirs, second = ours(), other(), ours()
        to_other.append((first + second) / 2 / theirs)
        to_self.append(second / first)
        costs.append((first, theirs))
    median = statistics.median
    return {"ratio": median(to_other), "aa": median(to_self), "us": median(c[0] for c in costs),
            "other_us": median(c[1] for c in costs)}


def make_certificate(folder):
    key, certificate = folder / "key", folder / "certificate"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
            certificate, "-subj", "/CN=localhost", "-days", 2)
    (folder / "both").write_text(certificate.read_text() + key.read_text())
    return folder / "both"


@contextlib.contextmanager
def haproxy(folder, origin, certificate):
    port = free_port()
    (folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 4000
  tune.ssl.cachesize 0
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:{port} ssl crt {certificate} alpn http/1.1
  default_backend back
backend back
  server origin {origin}
""")
    with Program(["/usr/sbin/haproxy", "-f", folder / "haproxy.cfg", "-db"], preexec=on_cpu(1)) as program:
        until(lambda: answers(port))
        yield program.pid, f"https://127.0.0.1:{port}/small"


@contextlib.contextmanager
def ours(sweetspot, upstream, *flags, listen="127.0.0.1:0"):
    argv = [sweetspot.folder / "sweetspot", "--listen", listen, "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0",
            "--upstream", upstream, "--limit.pin", "64", *flags]
    with Program(argv, ready=r"^ready ", preexec=on_cpu(1)) as program:
        scheme = "https" if "tls" in listen else "http"
        yield program.pid, f"{scheme}://{program.ready['proxy']}/small"


def cipher(url):
    shown = subprocess.run(["openssl", "s_client", "-connect", url.split("/")[2]], input=b"", capture_output=True).stdout
    return re.search(rb"New, (.*)", shown).group(1).decode()


def start_ms(sweetspot, origin):
    """From the process's start to the first answer to a request."""
    port = free_port()
    began = time.monotonic()
    with subprocess.Popen([sweetspot.folder / "sweetspot", "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0",
                           "--control", "127.0.0.1:0", "--upstream", origin], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
                    assert client.recv(100).startswith(b"HTTP/1.1 200")
                    took = time.monotonic() - began
                    break
            except ConnectionRefusedError:
                assert process.poll() is None
        process.terminate()
    return 1000 * took


class Targets:
    def __init__(self):
        self.missed = []

    def ratio(self, name, found, most):
        holds = found["ratio"] <= most and abs(found["aa"] - 1) <= 0.05
        self.check(name, holds, f"<={most:.2f}",
                   f"{found['ratio']:.2f} ({found['us']:.1f} over {found['other_us']:.1f} us, A/A {found['aa']:.2f})")

    def check(self, name, holds, target, measured):
        if not holds:
            self.missed.append(name)
        print(f"{'held  ' if holds else 'MISSED'} {name} {target} {measured}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--json")
    parser.add_argument("--peers", default="haproxy", help="haproxy, or none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="has no effect: nothing here is random")
    options = parser.parse_args()
    sweetspot, load = Sweetspot(options.bin), Load(options.seconds)
    results, targets = {}, Targets()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        certificate = make_certificate(folder)
        inner = f"unix:{folder}/origin"
        with nginx(extra=f'}} server {{ listen {inner}; location / {{ return 200 "a small answer\\n"; }}') as origin:
            with ours(sweetspot, origin, "--tls.certificate", certificate, listen="127.0.0.1:0 tls") as (pid, url):
                if options.peers == "haproxy":
                    with haproxy(folder, origin, certificate) as (other, other_url):
                        print(f"cipher {cipher(url)} and {cipher(other_url)}")
                        for name, flags in (("keep_alive", ()), ("handshakes", ("-H", "Connection: close"))):
                            found = results[f"tls_{name}"] = paired(lambda: load.spent(pid, url, *flags),
                                                                    lambda: load.spent(other, other_url, *flags),
                                                                    options.rounds)
                            targets.ratio(f"tls_{name}_over_haproxy", found, 1.0)
            with ours(sweetspot, inner) as (pid, url), ours(sweetspot, origin) as (other, other_url):
                found = results["unix"] = paired(lambda: load.spent(pid, url), lambda: load.spent(other, other_url),
                                                 options.rounds)
                targets.ratio("unix_over_tcp_upstream", found, 1.0)
            times = sorted(start_ms(sweetspot, origin) for _ in range(20))
            results["start_ms"] = times
            targets.check("start_to_first_request_ms", statistics.median(times) < 100, "<100",
                          f"median {statistics.median(times):.0f}, worst {times[-1]:.0f}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(1 if targets.missed else 0)


if __name__ == "__main__":
    main()
