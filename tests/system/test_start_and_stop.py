"""What happens at a bad start, and at the end."""

import signal
import socket
import subprocess
import threading
import unicodedata

import pytest

from processes import Failed, free_port, until


def start(sweetspot, *argv):
    return subprocess.run([sweetspot.folder / "sweetspot", *argv], capture_output=True, text=True, timeout=20)


def test_help_and_version_exit_with_zero(sweetspot):
    assert start(sweetspot, "--help").returncode == 0
    assert start(sweetspot, "--version").returncode == 0


@pytest.mark.parametrize("text, words", [
    ("limit:\n  inital: 8\n", ["conf.yaml:2", "limit.inital"]),
    ("limit:\n  max: many\n", ["conf.yaml:2", "limit.max", "many"]),
    ("listen: 127.0.0.1\n", ["conf.yaml:1", "listen", "127.0.0.1"]),
    ("request:\n  timeout: 5 parsecs\n", ["conf.yaml:2", "request.timeout", "parsecs"]),
    ("mode: enforced\n", ["conf.yaml:1", "mode", "enforced", "shadow"]),
    ("a: [1\n", ["conf.yaml"]),
])
def test_a_wrong_configuration_is_named_and_exits_with_two(sweetspot, tmp_path, text, words):
    file = tmp_path / "conf.yaml"
    file.write_text(text)
    for flags in ([], ["--check"]):
        done = start(sweetspot, "--config", str(file), *flags)
        assert done.returncode == 2, done.stderr
        for word in words:
            assert word in done.stderr
        assert done.stdout == ""


def test_what_is_refused_cannot_speak_to_the_terminal(sweetspot, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text('limit: {max: "\\e[2J\\n\\x9b31m"}\n"\\e[31m": 1\n')
    bad = [["--config", str(file)], ["--limit.max", "\x1b[31m"], ["--\x1b[31m"], ["--config", "\x1b[31m"],
           ["--listen", "127.0.0.1:0 tls", "--tls.certificate", "\x1b[31m"]]
    for flags in bad:
        done = start(sweetspot, "--upstream", "127.0.0.1:1", *flags)
        assert done.returncode == 2, flags
        assert "\\x1b[" in done.stderr
        assert not any(unicodedata.category(c) == "Cc" for c in done.stderr.replace("\n", "")), done.stderr


def test_a_second_instance_on_the_same_port_exits_with_three(sweetspot):
    for workers in ("1", "2"):
        with sweetspot.sidecar("127.0.0.1:1", "--workers", workers) as first:
            done = start(sweetspot, "--listen", first.ready["proxy"], "--admin", "127.0.0.1:0",
                         "--control", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--workers", workers)
            assert done.returncode == 3, done.stderr
            assert first.ready["proxy"] in done.stderr
            for name in ("admin", "control"):
                ports = {"admin": "127.0.0.1:0", "control": "127.0.0.1:0", name: first.ready[name]}
                done = start(sweetspot, "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1",
                             "--admin", ports["admin"], "--control", ports["control"])
                assert done.returncode == 3, (name, done.stderr)


def test_an_unreachable_upstream_is_a_502_with_its_reason(sweetspot):
    with sweetspot.sidecar(f"127.0.0.1:{free_port()}") as sidecar:
        done = subprocess.run(["curl", "-si", f"http://{sidecar.ready['proxy']}/"], capture_output=True,
                              text=True, timeout=20).stdout
        assert done.startswith("HTTP/1.1 502 ")
        assert "x-sweetspot-reason: upstream_connect" in done.lower()
        until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 0)


def test_an_idle_sidecar_ends_with_zero(sweetspot):
    for number in (signal.SIGTERM, signal.SIGINT):
        sidecar = sweetspot.sidecar("127.0.0.1:1", "--drain.delay", "0s")
        assert sidecar.stop(number) == 0, sidecar.errors()


class Client(threading.Thread):
    """Sends one request after another on a keep-alive connection and notes how each ended."""

    def __init__(self, address):
        super().__init__(daemon=True)
        host, port = address.rsplit(":", 1)
        self.address = (host, int(port))
        self.complete, self.failures = 0, []

    def run(self):
        request = b"GET /?bytes=2000 HTTP/1.1\r\nHost: test\r\n\r\n"
        while True:
            try:
                connection = socket.create_connection(self.address, timeout=10)
            except ConnectionRefusedError:
                return  # the listener has closed
            try:
                while self.exchange(connection, request):
                    pass
            finally:
                connection.close()
            if self.failures:
                return

    def exchange(self, connection, request):
        """True where the connection may carry another request."""
        connection.settimeout(20)
        data = b""
        try:
            connection.sendall(request)
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    self.failures.append(f"closed before the head was complete: {data!r}")
                    return False
                data += more
            head, body = data.split(b"\r\n\r\n", 1)
            if not head.startswith(b"HTTP/1.1 200"):
                self.failures.append(head)
                return False
            fields = dict(x.lower().split(b": ", 1) for x in head.split(b"\r\n")[1:])
            while len(body) < int(fields[b"content-length"]):
                more = connection.recv(65536)
                if not more:
                    self.failures.append("cut in the body")
                    return False
                body += more
        except OSError as error:
            self.failures.append(repr(error))
            return False
        self.complete += 1
        return fields.get(b"connection") != b"close"


def test_a_drain_under_load_answers_every_request(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "20ms", "--parallelism", "8") as backend:
        sidecar = sweetspot.sidecar(backend.ready["listen"], "--drain.delay", "500ms", "--drain.grace", "10s")
        clients = [Client(sidecar.ready["proxy"]) for _ in range(50)]
        for client in clients:
            client.start()
        until(lambda: sum(c.complete for c in clients) > 200, what="200 answers")
        assert sidecar.stop(signal.SIGTERM) == 0, sidecar.errors()
        for client in clients:
            client.join(20)
        assert not any(c.is_alive() for c in clients)
        assert [f for c in clients for f in c.failures] == []


def test_what_a_wrapper_and_a_terminal_both_pass_on_is_one_wish(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1s") as backend:
        sidecar = sweetspot.sidecar(backend.ready["listen"], "--drain.delay", "0s", "--drain.grace", "30s")
        client = Client(sidecar.ready["proxy"])
        client.start()
        until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 1)
        sidecar.send_signal(signal.SIGINT)
        sidecar.send_signal(signal.SIGTERM)
        assert sidecar.wait(20) == 0
        client.join(20)
        assert client.complete == 1 and client.failures == []


def test_what_means_something_to_other_servers_does_not_end_this_one(sweetspot):
    with sweetspot.sidecar("127.0.0.1:1") as sidecar:
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            sidecar.send_signal(number)
        assert sweetspot.status(sidecar.ready["control"])["limit"] >= 1


def test_a_second_signal_ends_it_at_once(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "30s", "--parallelism", "8") as backend:
        sidecar = sweetspot.sidecar(backend.ready["listen"], "--drain.delay", "0s", "--drain.grace", "30s")
        host, port = sidecar.ready["proxy"].rsplit(":", 1)
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 1)
            sidecar.send_signal(signal.SIGTERM)
            with pytest.raises(Failed):
                sidecar.wait(timeout=1.5)
            sidecar.send_signal(signal.SIGTERM)
            sidecar.wait(timeout=5)
