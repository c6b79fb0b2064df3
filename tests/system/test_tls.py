"""TLS with clients and by the upstream: curl, openssl and hey, certificates that rotate under load."""

import re
import shutil
import subprocess
import threading

import pytest

from certificates import make_certificate
from processes import Program, nginx, socket_folder, until


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    for name, ca in [("ca", None), ("other-ca", None), ("server", "ca"), ("second", "ca"), ("client", "ca"),
                     ("mallory", "other-ca")]:
        make_certificate(folder, name, ca)
    make_certificate(folder, "elsewhere", "ca", hosts="DNS:elsewhere.test")
    return folder


@pytest.fixture(scope="module")
def backend(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms", "--parallelism", "8") as program:
        yield program.ready["listen"]


def start(sweetspot, upstream, *flags, listen="127.0.0.1:0 tls"):
    return Program([sweetspot.folder / "sweetspot", "--listen", listen, "--admin", "127.0.0.1:0",
                    "--control", "127.0.0.1:0", "--upstream", upstream, *flags], ready=r"^ready ")


def secured(pki, *more):
    return ["--tls.certificate", pki / "server.pem", "--tls.key", pki / "server.key", *more]


def curl(*argv):
    return subprocess.run(["curl", "-sS", "--max-time", "20", *map(str, argv)], capture_output=True, timeout=60)


def s_client(address, *flags):
    return subprocess.run(["openssl", "s_client", "-connect", address, *map(str, flags)], input=b"",
                          capture_output=True, timeout=20).stdout.decode(errors="replace")


def test_large_bodies_come_back_whole(sweetspot, pki, backend, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 20_000)
    with start(sweetspot, backend, *secured(pki)) as sidecar:
        for framing in ([], ["-H", "Transfer-Encoding: chunked"]):
            done = curl("--cacert", pki / "ca.pem", *framing, "--data-binary", f"@{body}",
                        f"https://{sidecar.ready['proxy']}/echo")
            assert done.stdout == body.read_bytes(), done.stderr


@pytest.mark.parametrize("version, verdict", [("-tls1_3", "New, TLSv1.3"), ("-tls1_2", "New, TLSv1.2"),
                                              ("-tls1_1", "New, (NONE)")])
def test_speaks_modern_versions_only(sweetspot, pki, backend, version, verdict):
    with start(sweetspot, backend, *secured(pki)) as sidecar:
        assert verdict in s_client(sidecar.ready["proxy"], version, "-cipher", "ALL:@SECLEVEL=0")


def test_agrees_on_http_1_1_and_refuses_what_it_cannot_speak(sweetspot, pki, backend):
    with start(sweetspot, backend, *secured(pki)) as sidecar:
        assert "ALPN protocol: http/1.1" in s_client(sidecar.ready["proxy"], "-alpn", "h2,http/1.1")
        assert "New, (NONE)" in s_client(sidecar.ready["proxy"], "-alpn", "h2")
        until(lambda: "handshakes_failed side=downstream" in sidecar.errors())


def test_a_session_is_resumed(sweetspot, pki, backend, tmp_path):
    with start(sweetspot, backend, *secured(pki)) as sidecar:
        for version in ("-tls1_2", "-tls1_3"):
            ticket = tmp_path / version


            def ask(*flags):  # and stay until the answer has ended
                return subprocess.run(["openssl", "s_client", "-connect", sidecar.ready["proxy"], version, "-ign_eof",
                                       *flags], input=b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                      capture_output=True, timeout=20).stdout
            ask("-sess_out", ticket)
            again = ask("-sess_in", ticket)
            assert b"Reused, TLSv1" in again, again


@pytest.mark.parametrize("optional", [False, True])
def test_client_certificates(sweetspot, pki, backend, optional):
    flags = secured(pki, "--tls.client_ca", pki / "ca.pem", "--tls.client_optional", str(optional).lower())
    with start(sweetspot, backend, *flags) as sidecar:
        def code(*more):
            return curl("--cacert", pki / "ca.pem", *more, "-o", "/dev/null", "-w", "%{http_code}",
                        f"https://{sidecar.ready['proxy']}/").stdout

        def shows(name):
            return ["--cert", pki / f"{name}.pem", "--key", pki / f"{name}.key"]

        assert code(*shows("client")) == b"200"
        assert code(*shows("mallory")) == b"000"
        assert code() == (b"200" if optional else b"000")


def test_hey_sees_no_error(sweetspot, pki, backend):
    with start(sweetspot, backend, *secured(pki), "--limit.pin", "32") as sidecar:
        done = subprocess.run(["hey", "-n", "3000", "-c", "50", f"https://{sidecar.ready['proxy']}/"],
                              capture_output=True, text=True, timeout=60)
        assert re.findall(r"\[(\d+)\]\s+(\d+) responses", done.stdout) == [("200", "3000")], done.stdout


def test_a_certificate_rotates_under_load_and_a_wrong_one_is_refused(sweetspot, pki, backend, tmp_path):
    for end in ("pem", "key"):
        shutil.copy(pki / f"server.{end}", tmp_path / f"mine.{end}")
    serial = {name: subprocess.run(["openssl", "x509", "-in", pki / f"{name}.pem", "-noout", "-serial"],
                                   capture_output=True, text=True).stdout.strip() for name in ("server", "second")}

    def served(address):
        shown = subprocess.run(f"openssl s_client -connect {address} </dev/null 2>/dev/null | "
                               "openssl x509 -noout -serial", shell=True, capture_output=True, text=True, timeout=20)
        return shown.stdout.strip()

    with start(sweetspot, backend, "--tls.certificate", tmp_path / "mine.pem", "--tls.key",
               tmp_path / "mine.key") as sidecar:
        address, done = sidecar.ready["proxy"], []
        load = threading.Thread(target=lambda: done.append(subprocess.run(
            ["hey", "-z", "6s", "-c", "10", f"https://{address}/"], capture_output=True, text=True, timeout=60)))
        load.start()
        assert served(address) == serial["server"]
        for end in ("pem", "key"):
            shutil.copy(pki / f"second.{end}", tmp_path / f"mine.{end}")
        until(lambda: served(address) == serial["second"])
        (tmp_path / "mine.key").write_bytes((pki / "client.key").read_bytes())
        until(lambda: "tls_refused" in sidecar.errors())
        assert "not the key of" in sidecar.errors()
        assert served(address) == serial["second"]
        load.join()
        assert {code for code, _ in re.findall(r"\[(\d+)\]\s+(\d+) responses", done[0].stdout)} == {"200"}
        assert "Error distribution" not in done[0].stdout, done[0].stdout


def test_wrong_files_are_named_at_the_start(sweetspot, pki, tmp_path):
    (tmp_path / "text").write_text("no certificate\n")
    for key, words in ((pki / "client.key", "tls.key: " + str(pki / "client.key") + ": not the key of"),
                       (tmp_path / "none", "none: cannot be read: No such file or directory"),
                       ("/dev/zero", "tls.key: /dev/zero: is not a regular file"),
                       (tmp_path / "text", "text: holds nothing of that kind as PEM")):
        done = subprocess.run([sweetspot.folder / "sweetspot", "--check", "--listen", "127.0.0.1:0 tls",
                               "--tls.certificate", pki / "server.pem", "--tls.key", key],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and words in done.stderr, done.stderr
    done = subprocess.run([sweetspot.folder / "sweetspot", "--check", "--listen", "127.0.0.1:0 tls"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "tls.certificate" in done.stderr


def test_a_reload_refuses_files_that_a_restart_would_fail_by(sweetspot, backend, tmp_path):
    (tmp_path / "wrong").write_text(f"tls: {{certificate: {tmp_path}/none}}\nqueue: {{size: 7}}\n")
    with start(sweetspot, backend, listen="127.0.0.1:0") as sidecar:
        for command in ("check", "apply"):
            done = subprocess.run([sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"], "config",
                                   command, tmp_path / "wrong"], capture_output=True, text=True, timeout=20)
            assert done.returncode == 1
            assert f"tls.certificate: {tmp_path}/none: cannot be read: No such file" in done.stdout + done.stderr
        assert sweetspot.ctl(sidecar.ready["control"], "config", "get", "queue.size") == "queue.size: 1000\n"


@pytest.fixture(scope="module")
def secure_origin(pki):
    """An nginx that speaks TLS and wants to see a certificate of its authority."""
    with socket_folder() as sockets, nginx(extra=f"""}}
  server {{
    listen unix:{sockets}/tls ssl; server_name localhost;
    ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key;
    ssl_client_certificate {pki}/ca.pem; ssl_verify_client optional;
    location / {{ return 200 "client=$ssl_client_s_dn sni=$ssl_server_name\\n"; }}
"""):
        yield f"unix:{sockets}/tls"


def test_the_upstream_is_verified_and_shown_a_certificate(sweetspot, pki, secure_origin):
    flags = ["--upstream_tls.enabled", "true", "--upstream_tls.ca", pki / "ca.pem", "--upstream_tls.certificate",
             pki / "client.pem", "--upstream_tls.key", pki / "client.key", "--upstream_tls.server_name", "localhost"]
    with start(sweetspot, secure_origin, *flags, listen="127.0.0.1:0") as sidecar:
        for _ in range(3):
            assert curl(f"http://{sidecar.ready['proxy']}/").stdout == b"client=CN=client sni=localhost\n"


@pytest.mark.parametrize("flags, problem", [
    (["--upstream_tls.server_name", "localhost"], "certificate verify failed"),
    (["--upstream_tls.ca", "ca.pem", "--upstream_tls.server_name", "elsewhere.test"], "hostname mismatch"),
])
def test_an_upstream_that_is_not_trusted_gets_no_request(sweetspot, pki, secure_origin, flags, problem):
    flags = [pki / f if f == "ca.pem" else f for f in flags]
    with start(sweetspot, secure_origin, "--upstream_tls.enabled", "true", *flags, listen="127.0.0.1:0") as sidecar:
        done = curl("-i", f"http://{sidecar.ready['proxy']}/").stdout.decode()
        assert done.startswith("HTTP/1.1 502") and "x-sweetspot-reason: upstream_connect" in done
        until(lambda: problem in sidecar.errors())


def test_an_upstream_may_be_anybody_where_that_is_said(sweetspot, secure_origin):
    with start(sweetspot, secure_origin, "--upstream_tls.enabled", "true", "--upstream_tls.verify", "false",
               listen="127.0.0.1:0") as sidecar:
        assert curl(f"http://{sidecar.ready['proxy']}/").stdout.startswith(b"client= sni=")
