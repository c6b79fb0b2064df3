"""What the load tool can send, and where to: TLS, Unix sockets, redirects, credentials, files of targets."""

import base64
import json
import pathlib
import subprocess

import pytest

from pki import make_certificate
from processes import free_port, nginx, socket_folder
from scripted import scripted

BIG = bytes(range(256)) * 16384  # 4 MiB


def load(sweetspot, *argv, timeout=60):
    return subprocess.run([sweetspot.folder / "sweetspot-load", *map(str, argv)], capture_output=True, text=True,
                          timeout=timeout)


def report_of(sweetspot, *flags, code=0):
    done = load(sweetspot, "run", *flags, "--output", "json")
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    for name, ca in [("ca", None), ("server", "ca"), ("client", "ca"), ("other", None)]:
        make_certificate(folder, name, ca)
    return folder


@pytest.fixture(scope="module")
def server(pki):
    """An nginx in the clear, by TLS, by TLS for those who have a certificate, and on a Unix socket."""
    ports = {"tls": free_port(), "strict": free_port()}
    with socket_folder() as sockets, nginx({"big": BIG}, extra=f"""
        listen 127.0.0.1:{ports['tls']} ssl; listen unix:{sockets}/plain;
        ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key;
        location = /old {{ return 302 /small; }}
        location = /to-tls {{ return 301 https://localhost:{ports['tls']}/small; }}
        location = /upload {{ proxy_pass http://unix:{sockets}/plain:/taken; proxy_request_buffering on; }}
        location = /taken {{ return 204; }}
        location = /host {{ if ($http_host = "shop.example") {{ return 200; }} return 404; }}
      }}
      server {{ listen 127.0.0.1:{ports['strict']} ssl; ssl_certificate {pki}/server.pem;
        ssl_certificate_key {pki}/server.key; ssl_client_certificate {pki}/ca.pem; ssl_verify_client on;
        location / {{ return 200 "known"; }}
    """) as address:
        yield {"plain": f"http://{address}", "tls": f"https://localhost:{ports['tls']}",
               "strict": f"https://localhost:{ports['strict']}", "unix": sockets / "plain", "address": address,
               "tls_port": ports["tls"]}


def test_tls_keeps_connections_and_verifies(sweetspot, server, pki):
    report = report_of(sweetspot, server["tls"] + "/small", "-n", 400, "-c", 4, "--ca", pki / "ca.pem")
    assert report["status"] == {"200": 400}
    assert report["connected"] == 4
    assert report["p50_ms"] < report["max_ms"]  # the handshake is part of a first request only


@pytest.mark.parametrize("flags, cause", [
    ([], "certificate verify failed"),
    (["--ca", "other.pem"], "certificate verify failed"),
    (["--ca", "ca.pem", "--sni", "shop.example"], "ostname mismatch"),
])
def test_tls_that_cannot_be_trusted_is_refused_and_says_why(sweetspot, server, pki, flags, cause):
    flags = [str(pki / f) if f.endswith(".pem") else f for f in flags]
    report = report_of(sweetspot, server["tls"] + "/small", "-n", 4, "-c", 2, *flags, code=1)
    assert report["errors"]["tls"] == 4
    assert cause in report["causes"]["tls"]


def test_tls_may_be_trusted_blindly(sweetspot, server):
    assert report_of(sweetspot, server["tls"] + "/small", "-n", 20, "-c", 2, "-k")["status"] == {"200": 20}


def test_tls_to_a_server_that_speaks_none(sweetspot, server):
    url = server["plain"].replace("http:", "https:")
    report = report_of(sweetspot, url + "/small", "-n", 2, "-c", 1, code=1)
    assert report["errors"]["tls"] == 2 and "version" in report["causes"]["tls"]


def test_tls_without_keep_alive(sweetspot, server, pki):
    report = report_of(sweetspot, server["tls"] + "/small", "-n", 40, "-c", 4, "--ca", pki / "ca.pem", "--no-keepalive")
    assert report["status"] == {"200": 40}


def test_tls_carries_large_bodies_both_ways(sweetspot, server, pki, tmp_path):
    report = report_of(sweetspot, server["tls"] + "/big", "-n", 6, "-c", 2, "--ca", pki / "ca.pem")
    assert report["status"] == {"200": 6} and report["bytes"] >= 6 * len(BIG)
    (tmp_path / "body").write_bytes(BIG)
    report = report_of(sweetspot, server["tls"] + "/upload", "-n", 6, "-c", 2, "--ca", pki / "ca.pem", "-D",
                       tmp_path / "body")
    assert report["status"] == {"204": 6}


def test_tls_with_a_certificate_of_ones_own(sweetspot, server, pki):
    flags = [server["strict"] + "/", "-n", 10, "-c", 2, "--ca", pki / "ca.pem"]
    assert report_of(sweetspot, *flags)["status"] == {"400": 10}
    own = ["--cert", pki / "client.pem", "--key", pki / "client.key"]
    assert report_of(sweetspot, *flags, *own)["status"] == {"200": 10}
    done = load(sweetspot, "run", *flags, "--cert", pki / "client.pem", "--key", pki / "other.key")
    assert done.returncode == 2 and "other.key" in done.stderr


def test_a_host_of_ones_own_and_another_place_to_connect_to(sweetspot, server):
    report = report_of(sweetspot, "http://shop.example/host", "-n", 10, "--connect-to", server["address"])
    assert report["status"] == {"200": 10}
    report = report_of(sweetspot, server["plain"] + "/host", "-n", 10, "--host", "shop.example")
    assert report["status"] == {"200": 10}


def test_a_unix_socket(sweetspot, server):
    assert report_of(sweetspot, "http://localhost/small", "-n", 50, "--unix", server["unix"])["status"] == {"200": 50}
    report = report_of(sweetspot, "http://localhost/", "-n", 1, "--unix", "/no/such/socket", code=1)
    assert report["causes"]["connect"] == "No such file or directory"


def test_redirects_are_followed_where_asked_for(sweetspot, server, pki):
    url = server["plain"] + "/old"
    assert report_of(sweetspot, url, "-n", 10)["status"] == {"302": 10}
    assert report_of(sweetspot, url, "-n", 10, "--redirects", 1)["status"] == {"200": 10}
    report = report_of(sweetspot, server["plain"] + "/to-tls", "-n", 10, "--redirects", 1, "--ca", pki / "ca.pem")
    assert report["status"] == {"200": 10}


def heads_of(sweetspot, *flags):
    """What a server sees of one request."""
    seen = []

    def script(peer):
        while request := peer.request():
            seen.append(request)
            peer.answer()
    with scripted(script) as address:
        done = load(sweetspot, "run", *(f.replace("{}", address) if isinstance(f, str) else f for f in flags))
        assert done.returncode == 0, done.stderr
    return seen


def test_credentials(sweetspot, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("anna:s3cr:et\n")
    wanted = "Authorization: Basic " + base64.b64encode(b"anna:s3cr:et").decode()
    for flags in (["--basic", "anna:s3cr:et"], ["--basic", f"@{secret}"]):
        assert wanted in heads_of(sweetspot, "http://{}/", "-n", 1, *flags)[0]
    assert "Authorization: Bearer abc" in heads_of(sweetspot, "http://{}/", "-n", 1, "--bearer", "abc")[0]
    done = load(sweetspot, "run", "http://127.0.0.1:1/", "--basic", "anna")
    assert done.returncode == 2 and "USER:PASSWORD" in done.stderr


def test_bodies_in_turn(sweetspot, tmp_path):
    (tmp_path / "bodies").write_text('{"id": 1}\n{"id": 2}\n{"id": 3}\n')
    seen = heads_of(sweetspot, "http://{}/", "-n", 7, "-c", 1, "--body-lines", str(tmp_path / "bodies"))
    assert [r.split("\r\n\r\n")[1] for r in seen] == ['{"id": %d}' % (i % 3 + 1) for i in range(7)]
    assert all(r.startswith("POST / ") for r in seen)


def test_targets_are_chosen_by_weight(sweetspot, tmp_path):
    targets = tmp_path / "targets"
    targets.write_text("# what a shop sees\n\n6 /list\n3 HEAD /item?id=1\n"
                       '{"url": "/buy", "weight": 1, "body": "x", "headers": ["X-Own: yes", "X-All: mine"]}\n')
    seen = heads_of(sweetspot, "http://{}/", "--targets", str(targets), "-n", 1000, "-c", 4, "-H", "X-All: all",
                    "--seed", 7)
    counts = {line: sum(r.startswith(line) for r in seen) for line in ("GET /list ", "HEAD /item?id=1 ", "POST /buy ")}
    assert sum(counts.values()) == 1000
    for line, share in zip(counts, (600, 300, 100)):
        assert counts[line] == pytest.approx(share, abs=80), counts  # five standard deviations
    bought = next(r for r in seen if r.startswith("POST /buy"))
    assert "X-Own: yes" in bought and "X-All: mine" in bought and "X-All: all" not in bought


def test_targets_are_told_apart(sweetspot, server, tmp_path):
    targets = tmp_path / "targets"
    targets.write_text(f"{server['plain']}/small\n{server['plain']}/nowhere\n")
    report = report_of(sweetspot, "--targets", targets, "-n", 200, "-c", 4)
    assert [t["name"] for t in report["targets"]] == [f"GET {server['plain']}/small", f"GET {server['plain']}/nowhere"]
    assert [t["requests"] for t in report["targets"]] == [report["status"]["200"], report["status"]["404"]]


@pytest.mark.parametrize("text, words", [
    ("", ["no target"]),
    ("GET http://h/ now please\n", ["line 1", "[WEIGHT] [METHOD] URL"]),
    ("# fine\n0 http://h/\n", ["line 2", "weight 0"]),
    ('{"url": "http://h/", "wait": 1}\n', ["line 1", "wait", "headers"]),
    ('{"method": "GET"}\n', ["url"]),
    ('{"url": "http://h/", "body": 7}\n', ["body"]),
    ("{nonsense\n", ["JSON"]),
    ("ftp://h/\n", ["ftp://h/"]),
])
def test_a_wrong_file_of_targets_is_named(sweetspot, tmp_path, text, words):
    file = tmp_path / "targets"
    file.write_text(text)
    done = load(sweetspot, "run", "--targets", file, "-n", 1)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr


def test_stages_and_a_ramp(sweetspot):
    with sweetspot.backend("--model", "sleep", "--parallelism", "64", "--service-time", "20ms") as backend:
        url = f"http://{backend.ready['listen']}/"
        report = report_of(sweetspot, url, "-c", 2, "--ramp", "200ms", "--stage", "600ms:2", "--stage", "0s:20",
                           "--stage", "600ms:20")
        low, high = report["stages"]
        assert (low["name"], high["name"]) == ("600ms to 2", "600ms to 20")
        assert high["throughput"] > 3 * low["throughput"]
        assert low["requests"] + high["requests"] == report["requests"]
        report = report_of(sweetspot, url, "--rate", 100, "--stage", "1s:500", "--stage", "1s:500")
        first, second = report["stages"]
        assert first["requests"] == pytest.approx(300, rel=0.15)
        assert second["requests"] == pytest.approx(500, rel=0.15)


def test_headings_are_those_of_ab_and_hey(sweetspot, server):
    """Every heading that we print is one that the tool itself prints: scripts find what they look for."""
    url = server["plain"] + "/small"
    for tool, argv in (("ab", ["ab", "-q", "-n", "500", "-c", "2", url]), ("hey", ["hey", "-n", "500", "-c", "2", url])):
        theirs = subprocess.run(argv, capture_output=True, text=True, timeout=30).stdout
        ours = load(sweetspot, "run", url, "-n", 500, "-c", 2, "--compat", tool).stdout
        headings = [line.split(":")[0].strip() for line in ours.splitlines() if ":" in line]
        assert len(headings) >= 8
        for heading in headings:
            assert heading + ":" in theirs, f"{tool} has no {heading}"


def test_a_certificate_store_that_is_none(sweetspot, tmp_path):
    file = pathlib.Path(tmp_path / "ca")
    file.write_text("nothing")
    done = load(sweetspot, "run", "https://127.0.0.1:1/", "--ca", file)
    assert done.returncode == 2 and "holds no certificate" in done.stderr
