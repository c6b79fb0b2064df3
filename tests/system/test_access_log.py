"""The access log and Server-Timing as a client and a log reader see them."""

import json
import re
import socket
import subprocess
import urllib.request

import pytest

from processes import nginx

# What clients send to forge lines, to leave their field, or to reach a terminal.
INJECTIONS = [b"a\r\nX: {\"status\":999}", b"\"", b"\\\"", b"\",\"status\":999,\"x\":\"", b"\x1b[31mred", b"\x9b31m",
              b"\xff\xfe", b"\xe2\x80\xae", b"\x00", b"\x7f", b"%0d%0aforged", b"${jndi:ldap://x}", b"\t", b"'; drop"]


def say(address, head):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(head)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    return answer


def request(path=b"/small", *fields):
    return b"".join([b"GET ", path, b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n",
                     *(field + b"\r\n" for field in fields), b"\r\n"])


@pytest.fixture(scope="module")
def origin():
    with nginx(extra="location = /seen { add_header x-seen $http_traceparent; return 204; }") as address:
        yield address


def logged(sweetspot, origin, path, talk, *flags):
    """Every line of the log of a sidecar that `talk` was let at, once it has ended."""
    with sweetspot.sidecar(origin, "--access_log.file", str(path), *flags) as sidecar:
        talk(sidecar.ready["proxy"])
    return path.read_bytes().decode("ascii").splitlines()


def test_a_request_is_a_line_with_what_it_cost(sweetspot, origin, tmp_path):
    lines = logged(sweetspot, origin, tmp_path / "log", lambda proxy: say(proxy, request(
        b"/small?a=1", b"User-Agent: curl/8", b"traceparent: 00-11-22-01")))
    entry = json.loads(lines[0])
    assert len(lines) == 1
    assert (entry["status"], entry["ending"], entry["method"]) == (200, "success", "GET")
    assert (entry["target"], entry["host"], entry["user_agent"]) == ("/small?a=1", "test", "curl/8")
    assert (entry["peer"], entry["traceparent"], entry["class"]) == ("127.0.0.1", "00-11-22-01", "default")
    assert entry["upstream"] == origin
    assert 0 < entry["backend_ms"] <= entry["total_ms"]


def test_nothing_that_a_client_sends_forges_a_line(sweetspot, origin, tmp_path):
    def attack(proxy):
        for evil in INJECTIONS:
            say(proxy, request(b"/small?" + evil))
            say(proxy, request(b"/small", b"User-Agent: " + evil, b"Referer: " + evil, b"traceparent: " + evil))
            say(proxy, b"GET /small HTTP/1.1\r\nHost: " + evil + b"\r\nConnection: close\r\n\r\n")
            say(proxy, b"G" + evil + b" / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    for name in ("json", "combined"):
        lines = logged(sweetspot, origin, tmp_path / name, attack, "--access_log.format", name)
        assert len(lines) == 4 * len(INJECTIONS)
        for line in lines:
            assert all(" " <= c < "\x7f" for c in line)
            if name == "json":
                entry = json.loads(line)
                assert len(entry) == 16 and entry["status"] in (200, 400) and entry["peer"] == "127.0.0.1"
            else:
                assert re.fullmatch(r'\S+ - - \[[^]]+\] "[^"]*" \d{3} - "[^"]*" "[^"]*"( \d+\.\d{3}){3}', line), line


def test_a_sample_is_evenly_spaced_and_slow_ones_are_all_there(sweetspot, tmp_path):
    with sweetspot.backend("--model", "sleep", "--service-time", "30ms") as backend:
        def talk(proxy):
            sweetspot.run_load(f"http://{proxy}/", "-n", "100", "-c", "4")
        sampled = logged(sweetspot, backend.ready["listen"], tmp_path / "a", talk, "--access_log.sample", "0.1")
        slow = logged(sweetspot, backend.ready["listen"], tmp_path / "b", talk, "--access_log.sample", "0",
                      "--access_log.slow", "20ms")
    assert len(sampled) == 10
    assert len(slow) == 100 and all(json.loads(line)["slow"] for line in slow)


def test_what_was_refused_says_why(sweetspot, tmp_path):
    with sweetspot.backend("--model", "sleep", "--service-time", "100ms") as backend:
        lines = logged(sweetspot, backend.ready["listen"], tmp_path / "log",
                       lambda proxy: sweetspot.run_load(f"http://{proxy}/", "-n", "20", "-c", "4"),
                       "--limit.pin", "1", "--queue.size", "0")
    endings = {(json.loads(line)["status"], json.loads(line)["ending"]) for line in lines}
    assert endings == {(200, "success"), (503, "queue_full")}


def test_what_was_answered_without_a_permit_says_why(sweetspot, origin, tmp_path):
    def talk(proxy):
        say(proxy, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        say(proxy, b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nno chunk")
        say(proxy, b"OPTIONS * HTTP/1.1\r\nHost: test\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n")
        say(proxy, request())
    entries = [json.loads(line) for line in logged(sweetspot, origin, tmp_path / "log", talk, "--bypass.paths", "/small")]
    assert [(entry["status"], entry["ending"]) for entry in entries] == [
        (400, "invalid_host"), (400, "malformed_body"), (200, ""), (200, "")]


def test_a_file_that_cannot_be_opened_ends_the_start(sweetspot):
    done = subprocess.run([sweetspot.folder / "sweetspot", "--access_log.file", "/nowhere/log", "--listen", "127.0.0.1:0",
                           "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "access_log_failed" in done.stderr


def test_server_timing_tells_the_wait_where_it_was_asked_for(sweetspot, origin):
    with sweetspot.sidecar(origin, "--response.server_timing", "true") as sidecar:
        answer = say(sidecar.ready["proxy"], request())
        assert re.search(rb"\r\nServer-Timing: queue;dur=\d+\.\d{3}, backend;dur=\d+\.\d{3}\r\n", answer)
        assert answer.endswith(b"\r\n\r\na small answer\n")
    with sweetspot.sidecar(origin) as sidecar:
        assert b"Server-Timing" not in say(sidecar.ready["proxy"], request())


def test_traceparent_goes_on_untouched(sweetspot, origin):
    parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with sweetspot.sidecar(origin) as sidecar:
        assert b"x-seen: " + parent in say(sidecar.ready["proxy"], request(b"/seen", b"traceparent: " + parent))


def test_the_log_level_follows_an_operator_while_it_runs(sweetspot, origin, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-token-of-this-test\n")
    with sweetspot.sidecar(origin, "--operator.token_file", str(token), "--log.level", "error") as sidecar:
        def order(**words):
            urllib.request.urlopen(urllib.request.Request(
                f"http://{sidecar.ready['admin']}/api/order", data=json.dumps(words).encode(), method="POST",
                headers={"Content-Type": "application/json", "Authorization": "Bearer a-token-of-this-test"}), timeout=10)
        order(action="pin", limit=3, comment="not heard")
        order(action="log_level", level="debug")
        order(action="pin", limit=4, comment="heard")
        sidecar.stop()
        errors = sidecar.errors()
    assert "not heard" not in errors and "comment=heard" in errors
