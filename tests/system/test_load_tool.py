"""The load tool as people and pipelines use it: real processes, real servers, exit codes."""

import collections
import json
import pathlib
import re
import signal
import subprocess
import time
import xml.etree.ElementTree

import pytest

from processes import Program, answers, free_port, nginx, until
from scripted import scripted


def load(sweetspot, *argv, timeout=60):
    return subprocess.run([sweetspot.folder / "sweetspot-load", *map(str, argv)], capture_output=True, text=True,
                          timeout=timeout)


@pytest.fixture(scope="module")
def server():
    with nginx() as address:
        yield f"http://{address}/small"


@pytest.fixture(scope="module")
def pool(sweetspot):
    """A pool of four, 5 ms a request: its knee is at 4."""
    with sweetspot.backend("--model", "sleep", "--parallelism", "4", "--service-time", "5ms") as backend:
        yield backend


def test_a_broken_threshold_ends_with_99(sweetspot, server):
    done = load(sweetspot, "run", server, "-n", 500, "-c", 4, "--threshold", "p99<1us")
    assert done.returncode == 99 and "BROKEN" in done.stdout
    done = load(sweetspot, "run", server, "-n", 500, "-c", 4, "--threshold", "p99<1m", "--threshold", "errors<=0%")
    assert done.returncode == 0, done.stdout


def test_every_format_is_what_it_says(sweetspot, server):
    def out(kind):
        done = load(sweetspot, "run", server, "-n", 200, "-c", 2, "--output", kind)
        assert done.returncode == 0, done.stderr
        return done.stdout
    assert json.loads(out("json"))["schema"] == "sweetspot-load/run/1"
    assert xml.etree.ElementTree.fromstring(out("junit")).attrib["failures"] == "0"
    assert re.search(r"^sweetspot_load_latency_seconds_count 200$", out("prometheus"), re.M)
    assert out("markdown").startswith("| figure | value |")
    assert out("hgrm").startswith("       Value     Percentile")
    assert out("hdrlog").startswith("#[Histogram log format version 1.3]")


def test_an_interval_log_is_read_by_the_library_of_its_inventor(sweetspot, server, tmp_path):
    jar = pathlib.Path("/usr/share/java/hdrhistogram.jar")
    log = tmp_path / "run.hlog"
    log.write_text(load(sweetspot, "run", server, "-n", 1000, "-c", 2, "--rate", 1000, "--output", "hdrlog",
                        "--interval", "250ms").stdout)
    (tmp_path / "Read.java").write_text("""
import org.HdrHistogram.*;
public class Read {
  public static void main(String[] a) throws Exception {
    HistogramLogReader reader = new HistogramLogReader(a[0]);
    for (EncodableHistogram h; (h = reader.nextIntervalHistogram()) != null; ) {
      Histogram each = (Histogram) h;
      System.out.println(each.getTag() + " " + each.getTotalCount() + " " + each.getMaxValue());
    }
  }
}""")
    done = subprocess.run(["java", "-Xshare:auto", "-cp", jar, tmp_path / "Read.java", log], capture_output=True,
                          text=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) >= 4, done.stderr + done.stdout  # in a second; a busy machine takes longer
    assert {tag for tag, _, _ in lines} == {"2xx_3xx"}
    assert sum(int(count) for _, count, _ in lines) == 1000
    assert all(10_000 < int(most) < 60_000_000_000 for _, _, most in lines)  # ns


def test_an_open_loop_tells_the_stall_from_the_service(sweetspot, pool):
    """By wrk2's definition everybody who was due in a stall waited for its end."""
    url = f"http://{pool.ready['listen']}/"
    program = sweetspot.load("run", url, "--rate", 100, "-c", 50, "-z", "3s", "--output", "json")
    with program:
        subprocess.run(["curl", "-s", "-d", '{"stall_ms": 1000}', f"http://{pool.ready['listen']}/fault"], check=True)
        assert program.wait() == 0
        program._reader.join(5)
    report = json.loads("\n".join(program.lines))
    loop = report["open_loop"]
    assert report["p99_ms"] > 500
    assert loop["sent"] + loop["dropped"] + loop["unsent"] >= 290


def test_a_rate_beyond_the_target_is_a_doubt_and_breaks_a_threshold(sweetspot, pool):
    """A pool of four does 800 a second; what is answered of 5000 succeeds all the same."""
    url = f"http://{pool.ready['listen']}/"
    done = load(sweetspot, "run", url, "--rate", 5000, "-c", 8, "-z", "1s", "--pid", pool.pid, "--output", "json",
                "--threshold", "errors<1%", "--threshold", "unsent<1%")
    report = json.loads(done.stdout)
    assert done.returncode == 99 and [each["held"] for each in report["thresholds"]] == [True, False]
    assert "rate" in [doubt["reason"] for doubt in report["doubts"]]
    assert report["in_flight"] <= 8.01  # those that wait for a connection are not in flight
    assert report["target"]["threads"] >= 8


def test_a_run_ends_with_the_process_that_it_watches(sweetspot):
    with sweetspot.backend("--model", "sleep") as backend:
        program = sweetspot.load("run", f"http://{backend.ready['listen']}/", "-z", "1m", "--pid", backend.pid)
        with program:
            until(lambda: len(list(pathlib.Path(f"/proc/{backend.pid}/task").iterdir())) > 50, what="its 50 clients")
            backend.process.kill()
            assert program.wait() == 1


def sweep_of(sweetspot, url, *flags):
    done = load(sweetspot, "sweep", url, "--step-time", "400ms", "--output", "json", *flags)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_some_tries(attempt, is_good, tries=6):
    """What was measured, once it is good: a busy machine may spoil a short measurement."""
    for _ in range(tries):
        found = attempt()
        if is_good(found):
            break
    return found


def test_a_sweep_finds_the_knee_says_why_and_draws_it(sweetspot, pool, tmp_path):
    url = f"http://{pool.ready['listen']}/"
    flags = ["--to", 16, "--pid", pool.pid, "--html", tmp_path / "report.html", "--svg", tmp_path / "chart.svg",
             "--slo", "errors=1%"]
    report = in_some_tries(lambda: sweep_of(sweetspot, url, *flags),
                            lambda found: 3 <= (found["knee"]["sweet_spot"] or 0) <= 5)
    assert [level["pool_size"] for level in report["levels"]] == [1, 2, 4, 8, 16]
    assert 3 <= report["knee"]["sweet_spot"] <= 5, report["knee"]
    assert report["stop"]["reason"] in ("plateau", "retrograde", "latency")
    assert {vote["detector"] for vote in report["votes"]} == {"kneedle", "last_gain", "near_plateau", "usl"}
    assert report["levels"][4]["target"]["switches_per_request"] > 0
    xml.etree.ElementTree.fromstring((tmp_path / "chart.svg").read_text())
    page = (tmp_path / "report.html").read_text()
    assert "<h1>Sweet spot:" in page and "src=" not in page


def test_a_curve_that_still_rises_is_not_reached(sweetspot, pool):
    report = in_some_tries(lambda: sweep_of(sweetspot, f"http://{pool.ready['listen']}/", "--to", 2, "--no-refine"),
                            lambda found: found["knee"]["sweet_spot"] is None)
    assert report["knee"]["sweet_spot"] is None
    assert report["stop"]["reason"] == "max_reached" and "at least 2" in report["stop"]["sentence"]


def test_a_server_that_collapses_is_retrograde(sweetspot):
    """Beyond two at a time each request takes longer than in proportion: throughput falls."""
    busy = collections.Counter()

    def script(peer):
        while peer.request():
            busy["now"] += 1
            at_once = busy["now"]
            time.sleep(0.004 * (1 if at_once <= 2 else at_once ** 2 / 4))  # the work
            busy["now"] -= 1
            peer.answer()
    with scripted(script) as address:
        report = in_some_tries(lambda: sweep_of(sweetspot, f"http://{address}/", "--to", 8, "--no-refine"),
                                lambda found: found["stop"]["reason"] == "retrograde")
    assert report["stop"]["reason"] == "retrograde", report["stop"]
    assert report["knee"]["sweet_spot"] == 2


def test_a_target_that_dies_within_a_level_ends_the_sweep_at_once(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "2ms") as backend:
        with sweetspot.load("sweep", f"http://{backend.ready['listen']}/", "--pid", backend.pid, "--step-time", "20s",
                            "--output", "json") as program:
            url = f"http://{backend.ready['listen']}/stats"
            while not json.loads(subprocess.run(["curl", "-s", url], capture_output=True).stdout)["served"]:
                pass
            backend.send_signal(signal.SIGKILL)
            assert program.wait(15) == 1
            program._reader.join(5)
            assert json.loads("\n".join(program.lines))["stop"]["reason"] == "target_exited"


def test_runs_are_compared_and_merged(sweetspot, pool, tmp_path):
    url = f"http://{pool.ready['listen']}/"
    for name, latency in (("a", 0), ("b", 20)):
        subprocess.run(["curl", "-s", "-d", json.dumps({"latency_ms": latency}), url + "fault"], check=True)
        (tmp_path / name).write_text(load(sweetspot, "run", url, "-c", 4, "-z", "1s", "--output", "json").stdout)
    subprocess.run(["curl", "-s", "-d", "{}", url + "fault"], check=True)
    assert load(sweetspot, "compare", tmp_path / "a", tmp_path / "a").returncode == 0
    done = load(sweetspot, "compare", tmp_path / "a", tmp_path / "b")
    assert done.returncode == 99 and "REGRESSION" in done.stdout
    both = [json.loads((tmp_path / name).read_text())["requests"] for name in "ab"]
    merged = json.loads(load(sweetspot, "merge", tmp_path / "a", tmp_path / "b").stdout)
    assert merged["requests"] == sum(both)


def test_what_a_run_is_doubted_for_goes_where_it_goes(sweetspot, pool, tmp_path):
    url, hasty, modest = f"http://{pool.ready['listen']}/", tmp_path / "hasty", tmp_path / "modest"
    for file, rate in ((hasty, 5000), (modest, 20)):
        file.write_text(load(sweetspot, "run", url, "--rate", rate, "-c", 4, "-z", "1s", "--output", "json").stdout)
        doubts = json.loads(file.read_text())["doubts"]
        assert ("rate" in [doubt["reason"] for doubt in doubts]) == (file == hasty)
    assert "\ndoubt after: " in load(sweetspot, "compare", modest, hasty).stdout
    compared = json.loads(load(sweetspot, "compare", hasty, modest, "--output", "json").stdout)
    assert ("before", "rate") in [(doubt["run"], doubt["reason"]) for doubt in compared["doubts"]]
    assert "  rate  " in load(sweetspot, "merge", hasty, modest, "--output", "text").stdout


@pytest.fixture(scope="module")
def slow_pool(sweetspot):
    """Four at a time, 20 ms each: what a busy machine can follow."""
    with sweetspot.backend("--model", "sleep", "--parallelism", "4", "--service-time", "20ms") as backend:
        yield f"http://{backend.ready['listen']}/"


@pytest.fixture(scope="module")
def behind_nginx(slow_pool):
    address = slow_pool.split("/")[2]
    with nginx(extra=f"location / {{ proxy_pass http://{address}; }}") as front:
        yield f"http://{front}/"


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory):
    """Four workers that block for 20 ms a request and close every connection."""
    folder = tmp_path_factory.mktemp("gunicorn")
    (folder / "app.py").write_text("import time\n"
                                   "def app(environ, start_response):\n"
                                   "    time.sleep(0.02)\n"
                                   "    start_response('200 OK', [('Content-Length', '2')])\n"
                                   "    return [b'ok']\n")
    port = free_port()
    argv = ["gunicorn", "--workers", "4", "--bind", f"127.0.0.1:{port}", "--chdir", folder, "--log-level", "error",
            "app:app"]
    with Program(argv) as server:
        until(lambda: answers(port), what="gunicorn")
        yield f"http://127.0.0.1:{port}/"
        assert server.process.poll() is None


def rate_of(pattern, argv):
    out = subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout
    return float(re.search(pattern, out).group(1))


OTHERS = {
    "hey": lambda url: rate_of(r"Requests/sec:\s+([\d.]+)", ["hey", "-c", "8", "-z", "1s", url]),
    "wrk": lambda url: rate_of(r"Requests/sec:\s+([\d.]+)", ["wrk", "-t1", "-c8", "-d1s", url]),
    "ab": lambda url: rate_of(r"Requests per second:\s+([\d.]+)", ["ab", "-q", "-k", "-c", "8", "-t", "1", url]),
}


@pytest.mark.parametrize("server", ["ours", "nginx", "gunicorn"])
def test_all_tools_see_the_same_server_and_littles_law_holds(sweetspot, server, request):
    """Each is bound by four at a time, 20 ms each. Whatever else a machine does takes from that and adds nothing, so
    that the best of some short runs is the server's."""
    url = request.getfixturevalue({"ours": "slow_pool", "nginx": "behind_nginx", "gunicorn": "gunicorn"}[server])
    best = collections.Counter()

    def ratios():
        report = json.loads(load(sweetspot, "run", url, "-c", 8, "-z", "1s", "--output", "json").stdout)
        for name, rate in {"ours": report["throughput"], **{name: rate(url) for name, rate in OTHERS.items()}}.items():
            best[name] = max(best[name], rate)
        return {**{name: best[name] / best["ours"] for name in OTHERS}, "little": report["in_flight"] / 8}

    def is_good(found):
        return all(ratio == pytest.approx(1, rel=0.05 if name == "little" else 0.1) for name, ratio in found.items())
    seen = in_some_tries(ratios, is_good)
    assert is_good(seen), seen
