"""Where clients connect and where the backend is: Unix sockets, several addresses, a proxy in front."""

import json
import re
import subprocess
import threading
import urllib.request

import pytest

from processes import Failed, Program, free_port, until


def curl(*argv):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *argv], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ctl(sweetspot, sidecar, *words):
    argv = [sweetspot.folder / "sweetspotctl", "--address", sidecar.ready["control"], *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout


def status(sweetspot, sidecar):
    return json.loads(ctl(sweetspot, sidecar, "status", "-o", "json"))


def metrics(sidecar):
    with urllib.request.urlopen(f"http://{sidecar.ready['admin']}/metrics", timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def backend(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1ms", "--parallelism", "8") as program:
        yield program


def start(sweetspot, *flags, **options):
    argv = [sweetspot.folder / "sweetspot", "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0", *flags]
    return Program(argv, ready=r"^ready ", **options)


def test_unix_sockets_on_both_sides(sweetspot, backend, sockets):
    inner, outer = f"unix:{sockets}/inner", f"unix:{sockets}/outer"
    with start(sweetspot, "--listen", inner, "--upstream", backend.ready["listen"]) as first, \
            start(sweetspot, "--listen", outer, "--upstream", inner) as second:
        assert (first.ready["proxy"], second.ready["proxy"]) == (inner, outer)
        body = "x" * 100_000
        assert curl("--unix-socket", f"{sockets}/outer", "-d", body, "http://any/echo") == body
        assert curl("--unix-socket", f"{sockets}/outer", "-0", "-H", "Host:", "-o", "/dev/null", "-w",
                    "%{http_code}", "http://any/") == "200"
        assert second.stop() == 0 and first.stop() == 0
    assert list(sockets.iterdir()) == []


def test_a_unix_socket_that_a_killed_instance_has_left_is_taken_over(sweetspot, sockets):
    listen = f"unix:{sockets}/s"
    first = start(sweetspot, "--listen", listen)
    with pytest.raises(Failed, match="cannot listen on .*in use"):
        start(sweetspot, "--listen", listen)
    first.process.kill()
    first.stop()
    start(sweetspot, "--listen", listen).stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_several_listeners_share_one_limit(sweetspot, backend, sockets, workers):
    with start(sweetspot, "--listen", "127.0.0.1:0", "127.0.0.1:0", f"unix:{sockets}/s", "--workers", str(workers),
               "--upstream", backend.ready["listen"]) as sidecar:
        first, second, third = sidecar.ready["proxy"].split(",")
        assert first != second and third == f"unix:{sockets}/s"
        for _ in range(4):
            for where in ([f"http://{first}/"], [f"http://{second}/"],
                          ["--unix-socket", f"{sockets}/s", "http://any/"]):
                assert curl(*where, "-o", "/dev/null", "-w", "%{http_code}") == "200"


def test_requests_go_to_the_address_with_the_least_in_flight(sweetspot):
    slow = ("--model", "sleep", "--service-time", "400ms", "--parallelism", "100")
    with sweetspot.backend(*slow) as one, sweetspot.backend(*slow) as other:
        with start(sweetspot, "--listen", "127.0.0.1:0", "--limit.pin", "8",
                   "--upstream", one.ready["listen"], other.ready["listen"]) as sidecar:
            report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-c", "8", "-n", "40")
            assert report["status"] == {"200": 40}
        served = [json.loads(curl(f"http://{b.ready['listen']}/stats"))["served"] for b in (one, other)]
        assert sorted(served)[0] >= 15, served


def test_an_address_that_dies_costs_no_request_and_is_used_again_when_it_is_back(sweetspot):
    port = free_port()
    model = ("--model", "sleep", "--service-time", "5ms", "--parallelism", "100")
    at_port = [sweetspot.folder / "sweetspot-load", "backend", "--listen", f"127.0.0.1:{port}", *model]
    mortal = Program(at_port, ready=r"^ready ")
    with sweetspot.backend(*model) as other:
        with start(sweetspot, "--listen", "127.0.0.1:0", "--limit.pin", "8",
                   "--upstream", f"127.0.0.1:{port}", other.ready["listen"]) as sidecar:
            url = f"http://{sidecar.ready['proxy']}/"
            assert curl(url, "-o", "/dev/null", "-w", "%{http_code}") == "200"
            mortal.stop()
            report = sweetspot.run_load(url, "-c", "8", "-n", "200")
            assert report["status"] == {"200": 200}, report
            with Program(at_port, ready=r"^ready ") as back:
                def used_again():
                    sweetspot.run_load(url, "-c", "8", "-n", "50")
                    return json.loads(curl(f"http://{back.ready['listen']}/stats"))["served"] > 10
                until(used_again)


def test_a_backend_that_comes_late_is_served_without_a_restart(sweetspot):
    port = free_port()
    with start(sweetspot, "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}") as sidecar:
        url = f"http://{sidecar.ready['proxy']}/"
        assert curl(url, "-o", "/dev/null", "-w", "%{http_code}") == "502"
        with Program([sweetspot.folder / "sweetspot-load", "backend", "--listen", f"127.0.0.1:{port}"],
                     ready=r"^ready "):
            until(lambda: curl(url, "-o", "/dev/null", "-w", "%{http_code}") == "200")


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
def test_haproxy_in_front_says_who_the_client_is(sweetspot, backend, tmp_path, version):
    log = tmp_path / "access"
    with start(sweetspot, "--listen", "127.0.0.1:0 proxy", "--upstream", backend.ready["listen"],
               "--access_log.file", log) as sidecar:
        front = free_port()
        (tmp_path / "haproxy.cfg").write_text(f"""
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen front
  bind 127.0.0.1:{front}
  server sidecar {sidecar.ready['proxy']} {version}
""")
        with Program(["/usr/sbin/haproxy", "-f", tmp_path / "haproxy.cfg", "-db"]):
            until(lambda: subprocess.run(["curl", "-s", "--interface", "127.0.0.1", f"http://127.0.0.1:{front}/"],
                                         capture_output=True).returncode == 0)
            assert curl("--interface", "127.0.0.7", f"http://127.0.0.1:{front}/", "-o", "/dev/null", "-w",
                        "%{http_code}") == "200"
        with pytest.raises(OSError):  # nobody may speak HTTP without such a header
            urllib.request.urlopen(f"http://{sidecar.ready['proxy']}/", timeout=10)
        assert sidecar.stop() == 0
    assert "127.0.0.7" in {json.loads(line)["peer"] for line in log.read_text().splitlines()}


def test_one_that_is_ill_is_out_of_use_until_it_is_well(sweetspot, backend):
    import http.server
    well = threading.Event()

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if well.is_set() or self.path != "/health" else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with start(sweetspot, "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{server.server_port}",
                   "--health.path", "/health", "--health.interval", "100ms") as sidecar:
            until(lambda: "upstream_down" in sidecar.errors())
            assert "it answered 500" in sidecar.errors()
            answer = curl("-i", f"http://{sidecar.ready['proxy']}/")
            assert answer.startswith("HTTP/1.1 503") and "x-sweetspot-reason: upstream_unavailable" in answer
            well.set()
            until(lambda: "upstream_up" in sidecar.errors())
            assert curl("-i", f"http://{sidecar.ready['proxy']}/").startswith("HTTP/1.1 200")
    finally:
        server.shutdown()
        server.server_close()


def test_the_log_says_that_the_upstream_is_gone_why_and_when_it_is_back(sweetspot):
    port = free_port()
    with start(sweetspot, "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}") as sidecar:
        url = f"http://{sidecar.ready['proxy']}/"
        assert curl("-i", url).startswith("HTTP/1.1 502")
        gone = f'upstream_down address=127.0.0.1:{port} problem="Connection refused"'
        until(lambda: gone in sidecar.errors())
        with Program([sweetspot.folder / "sweetspot-load", "backend", "--listen", f"127.0.0.1:{port}"], ready=r"^ready "):
            until(lambda: curl("-i", url).startswith("HTTP/1.1 200"))
            until(lambda: f"upstream_up address=127.0.0.1:{port}" in sidecar.errors())
        assert sidecar.errors().count("upstream_down") == 1


def test_a_name_that_leads_to_the_sidecar_itself_is_found_and_never_asked(sweetspot, backend):
    """As a name, 127.1 is 127.0.0.1: what the text does not tell shows where it is resolved."""
    port = free_port()
    well = backend.ready["listen"]
    with start(sweetspot, "--listen", f"127.0.0.1:{port}", "--upstream", f"127.1:{port}", well) as sidecar:
        until(lambda: f"error upstream_is_self address=127.0.0.1:{port}" in sidecar.errors())
        for _ in range(4):
            assert curl("-i", f"http://127.0.0.1:{port}/").startswith("HTTP/1.1 200")
        down = [a for a in status(sweetspot, sidecar)["addresses"] if not a["up"]]
        assert [a["address"] for a in down] == [f"127.0.0.1:{port}"] and "itself" in down[0]["problem"]
        assert f"127.0.0.1:{port} is where the sidecar itself listens" in ctl(sweetspot, sidecar, "doctor")


def test_status_log_and_metrics_name_the_address_that_is_down_and_nothing_is_lost(sweetspot, backend):
    port = free_port()
    other = f"127.0.0.1:{port}"
    with start(sweetspot, "--listen", "127.0.0.1:0", "--upstream", other, backend.ready["listen"]) as sidecar:
        url = f"http://{sidecar.ready['proxy']}/"
        for _ in range(6):
            assert curl("-i", url).startswith("HTTP/1.1 200")
        text = ctl(sweetspot, sidecar, "status")
        assert re.search(rf"^upstream +{other} is down since .* UTC: Connection refused$", text, re.M), text
        assert "upstream    1 of 2 addresses are up\n" in text
        until(lambda: f"upstream_down address={other}" in sidecar.errors())
        assert f'sweetspot_upstream_up{{address="{other}"}} 0' in metrics(sidecar)
        assert f'sweetspot_upstream_up{{address="{backend.ready["listen"]}"}} 1' in metrics(sidecar)
        with Program([sweetspot.folder / "sweetspot-load", "backend", "--listen", other], ready=r"^ready "):
            def is_back():
                assert curl("-i", url).startswith("HTTP/1.1 200")
                return all(address["up"] for address in status(sweetspot, sidecar)["addresses"])

            until(is_back, 60)
        assert "upstream " not in ctl(sweetspot, sidecar, "status")
