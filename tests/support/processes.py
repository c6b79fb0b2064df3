"""Starts and stops the programs that a test or the demo needs, each by its own process id."""

import contextlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = float(os.environ.get("SWEETSPOT_PATIENCE", "1"))  # times as long is waited, as for programs that a sanitizer slows


class Failed(Exception):
    """A program did not do what was asked of it; the text says which and what it printed."""


class Program:
    """A running program with its output captured. Leaving the `with` block stops it."""

    def __init__(self, argv, ready=None, timeout=20.0, env=None, preexec=None, pass_fds=()):
        self.argv = [str(a) for a in argv]
        self.name = pathlib.Path(self.argv[0]).name
        self._errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
            env={**os.environ, **(env or {})}, preexec_fn=preexec, pass_fds=pass_fds)
        self.lines = []
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.ready = {}
        if ready:
            try:
                self.ready = self._wait_ready(ready, timeout)
            except Failed:
                self.stop()
                raise

    def _read(self):
        for raw in self.process.stdout:
            with self._arrived:
                self.lines.append(raw.decode(errors="replace").rstrip("\n"))
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    def wait_line(self, pattern, timeout=20.0):
        """The match of the first line on stdout that `pattern` is found in."""
        deadline = time.monotonic() + timeout * PATIENCE
        seen = 0
        with self._arrived:
            while True:
                while seen < len(self.lines):
                    match = re.search(pattern, self.lines[seen])
                    if match:
                        return match
                    seen += 1
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise Failed(f"{self.name} never printed /{pattern}/\n{self.errors()}")
                self._arrived.wait(min(left, 0.5))

    def _wait_ready(self, pattern, timeout):
        line = self.wait_line(pattern, timeout).string
        return dict(re.findall(r"(\w+)=(\S+)", line))

    @property
    def pid(self):
        return self.process.pid

    def errors(self):
        """What it has written there so far. Its place in the file is shared, so that must not move."""
        file = self._errors.fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def metric(self, name, **labels):
        """The sum of the sidecar's series of that name that carry these labels."""
        text = urllib.request.urlopen(f"http://{self.ready['admin']}/metrics", timeout=10).read().decode()
        series = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.M)
        if not series:
            raise Failed(f"no metric {name}")
        return sum(float(value) for found, value in series
                   if labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', found)).items())

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30.0):
        try:
            return self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end in {timeout} s") from None

    def stop(self, number=signal.SIGTERM, timeout=20.0):
        """Ends the program and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(timeout * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        if "runtime error: " in self.errors():  # UBSan's; beside ASan it heeds no log_path
            raise Failed(f"{self.name}: {self.errors()}")
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Sweetspot:
    """Our binaries, as found in one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        for name in ("sweetspot", "sweetspotctl", "sweetspot-load"):
            if not (self.folder / name).exists():
                raise Failed(f"{self.folder / name} is missing: run ./dev build")

    def backend(self, *flags, listen="127.0.0.1:0"):
        return Program([self.folder / "sweetspot-load", "backend", "--listen", listen, *flags],
                       ready=r"^ready ")

    def sidecar(self, upstream, *flags, listen="127.0.0.1:0", admin="127.0.0.1:0", under=(), **options):
        """`under`: a program and its arguments that run it, as valgrind."""
        argv = [*under, self.folder / "sweetspot", "--listen", listen, "--admin", admin,
                "--control", "127.0.0.1:0", "--upstream", upstream, *flags]
        return Program(argv, ready=r"^ready ", **options)

    def load(self, *flags):
        return Program([self.folder / "sweetspot-load", *flags])

    def run_load(self, url, *flags, timeout=120.0):
        """The JSON report of a finished `sweetspot-load run`, whatever its exit status."""
        with self.load("run", url, "--output", "json", *flags) as program:
            program.wait(timeout)
            program._reader.join(5)
            if not program.lines:
                raise Failed(f"sweetspot-load run made no report: {program.errors()}")
            return json.loads("\n".join(program.lines))

    def ctl(self, address, *words):
        done = subprocess.run([self.folder / "sweetspotctl", "--address", address, *words],
                              capture_output=True, text=True, timeout=30 * PATIENCE)
        if done.returncode != 0:
            raise Failed(f"sweetspotctl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def status(self, address):
        return json.loads(self.ctl(address, "status", "-o", "json"))


def cpu_seconds(pid):
    """What a process has run, its threads that have ended included: its CPU clock, as clock_getcpuclockid() names it."""
    return time.clock_gettime(~pid << 3 | 2)


def until(condition, timeout=20.0, what="the condition"):
    """Waits until condition() is true and returns its value."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not come about in {timeout} s")
        time.sleep(0.02)


@contextlib.contextmanager
def socket_folder():
    """A folder for Unix sockets, whose paths may have no more than 107 bytes; those of pytest's folders may be longer."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield pathlib.Path(folder)


@contextlib.contextmanager
def nginx(files=None, extra=""):
    """A real nginx on loopback that serves `files` (name: bytes). Yields its HOST:PORT."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        os.chmod(root, 0o755)
        (root / "www").mkdir()
        for name, content in (files or {}).items():
            (root / "www" / name).write_bytes(content)
        port = free_port()
        (root / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {root}/pid; error_log stderr warn; user root;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; client_max_body_size 100m;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}/www;
    location = /small {{ return 200 "a small answer\\n"; }}
    {extra}
  }}
}}""")
        with Program(["/usr/sbin/nginx", "-p", str(root), "-c", root / "nginx.conf"]) as server:
            until(lambda: answers(port) or server.process.poll() is not None, what="nginx")
            if server.process.poll() is not None:
                raise Failed("nginx: " + server.errors())
            yield f"127.0.0.1:{port}"


def free_port():
    """A port at which nobody listens. It is below those that the kernel gives to whoever asks for any and to connections'
    own ends, so that nobody gets it by chance until it is used. No port is given twice."""
    import socket
    kernels = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(1000):
        port = random.SystemRandom().randrange(20000, kernels) if kernels > 21000 else 0
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            port = probe.getsockname()[1]
            if port not in _given:
                _given.add(port)
                return port
    raise Failed("no port is free")


_given = set()


def answers(port):
    import socket
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
