"""The load tool as people and pipelines use it: real processes, real servers, exit codes."""

import json
import pathlib
import re
import signal
import subprocess
import xml.etree.ElementTree

import pytest

from processes import nginx


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
    log.write_text(load(sweetspot, "run", server, "-n", 1000, "-c", 2, "--output", "hdrlog").stdout)
    (tmp_path / "Read.java").write_text("""
import org.HdrHistogram.*;
public class Read {
  public static void main(String[] a) throws Exception {
    Histogram h = (Histogram) new HistogramLogReader(a[0]).nextIntervalHistogram();
    System.out.println(h.getTag() + " " + h.getTotalCount() + " " + h.getMaxValue());
  }
}""")
    done = subprocess.run(["java", "-Xshare:auto", "-cp", jar, tmp_path / "Read.java", log], capture_output=True,
                          text=True)
    assert done.stdout.split()[:2] == ["2xx_3xx", "1000"], done.stderr


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


def test_a_sweep_finds_the_knee_says_why_and_draws_it(sweetspot, pool, tmp_path):
    url = f"http://{pool.ready['listen']}/"
    done = load(sweetspot, "sweep", url, "--to", 16, "--step-time", "400ms", "--pid", pool.pid, "--output", "json",
                "--html", tmp_path / "report.html", "--svg", tmp_path / "chart.svg", "--slo", "errors=1%")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [level["pool_size"] for level in report["levels"]] == [1, 2, 4, 8, 16]
    assert 3 <= report["knee"]["sweet_spot"] <= 5, report["knee"]
    assert report["stop"]["reason"] in ("plateau", "retrograde", "latency")
    assert {vote["detector"] for vote in report["votes"]} == {"kneedle", "last_gain", "near_plateau", "usl"}
    assert report["levels"][4]["target"]["switches_per_request"] > 0
    xml.etree.ElementTree.fromstring((tmp_path / "chart.svg").read_text())
    page = (tmp_path / "report.html").read_text()
    assert "<h1>Sweet spot:" in page and "src=" not in page


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


def test_hey_and_ours_agree_and_littles_law_holds(sweetspot, pool):
    """Bound by the server; a busy machine may still disturb one of the two, so there are three tries."""
    url = f"http://{pool.ready['listen']}/"
    seen = []
    for _ in range(3):
        ours = json.loads(load(sweetspot, "run", url, "-c", 8, "-z", "2s", "--output", "json").stdout)
        hey = subprocess.run(["hey", "-c", "8", "-z", "2s", url], capture_output=True, text=True).stdout
        theirs = float(re.search(r"Requests/sec:\s+([\d.]+)", hey).group(1))
        seen.append((ours["throughput"] / theirs, ours["in_flight"] / 8))
        if seen[-1] == (pytest.approx(1, rel=0.1), pytest.approx(1, rel=0.05)):
            return
    pytest.fail(f"throughput over hey's, in flight over the clients: {seen}")
