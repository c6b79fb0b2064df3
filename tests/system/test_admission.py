"""The gate under more demand than the limit, over the wire: what `sweetspot --config` promises."""

import contextlib
import json
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from processes import until
from slow_reader import slow_readers


class Gate:
    """A backend that serves `parallelism` at once, and the sidecar that a configuration describes before it."""

    def __init__(self, sweetspot, backend, sidecar):
        self.sweetspot, self.backend, self.sidecar = sweetspot, backend, sidecar

    def url(self, path="/"):
        return f"http://{self.sidecar.ready['proxy']}{path}"

    def metric(self, name, **labels):
        return self.sidecar.metric(name, **labels)

    def until(self, name, value, **labels):
        until(lambda: self.metric(name, **labels) == value, what=f"{name} {labels} at {value}")

    def ask(self, path="/", **fields):
        """Status, fields and body of one answer."""
        request = urllib.request.Request(self.url(path), headers=fields)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    @contextlib.contextmanager
    def standing_still(self):
        """No request ends meanwhile, however slow the machine is; with it what the backend was doing goes on."""
        self.backend.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.backend.send_signal(signal.SIGCONT)

    def is_idle(self):
        self.until("sweetspot_in_flight", 0)
        self.until("sweetspot_queue_length", 0)
        return self.metric("sweetspot_permits_leaked_total") == 0


@pytest.fixture
def gate(sweetspot, tmp_path):
    with contextlib.ExitStack() as stack:
        def start(configuration, *backend_flags):
            flags = backend_flags or ("--model", "sleep", "--service-time", "20ms", "--parallelism", "2")
            backend = stack.enter_context(sweetspot.backend(*flags))
            file = tmp_path / "sidecar.yaml"
            file.write_text(configuration)
            sidecar = stack.enter_context(
                sweetspot.sidecar(backend.ready["listen"], "--config", str(file), "--drain.delay", "0s"))
            return Gate(sweetspot, backend, sidecar)
        yield start


class Later(threading.Thread):
    """A request under way. Its answer, and the place in which it came, once it is joined."""

    order = []

    def __init__(self, gate, name, **fields):
        super().__init__()
        self.gate, self.name, self.fields, self.answer = gate, name, fields, None
        self.start()

    def run(self):
        self.answer = self.gate.ask("/" + self.name, **self.fields)
        Later.order.append(self.name)


def in_the_order_of(gate, names, stall="first"):
    """Lets `names` queue up one after the other behind one request, and says how they were answered."""
    Later.order = []
    with gate.standing_still():
        threads = [Later(gate, stall)]
        gate.until("sweetspot_in_flight", 1)
        for waiting, name in enumerate(names, 1):
            threads.append(Later(gate, name))
            gate.until("sweetspot_queue_length", waiting)
    for thread in threads:
        thread.join()
    assert Later.order[0] == stall
    return Later.order[1:]


ONE_AT_A_TIME = ("--model", "sleep", "--service-time", "20ms", "--parallelism", "1")


@pytest.mark.parametrize("discipline, expected", [("fifo", "abc"), ("lifo", "cba")])
def test_the_queue_serves_in_the_configured_order(gate, discipline, expected):
    one = gate(f"limit: {{pin: 1}}\nqueue: {{discipline: {discipline}}}\n",
               "--model", "sleep", "--service-time", "400ms", "--parallelism", "1")
    assert "".join(in_the_order_of(one, "abc")) == expected


def test_classes_share_the_backend_by_weight_and_keep_their_place(gate):
    one = gate("""
limit: {pin: 2}
queue: {size: 40, timeout: 10s}
classes:
  - checkout share=3
  - reports share=1
rules:
  - class=checkout path=/checkout*
  - class=reports header=x-kind:report
""")
    loads = [one.sweetspot.load("run", one.url("/checkout"), "-c", "8", "-z", "60s"),
             one.sweetspot.load("run", one.url("/"), "-H", "X-Kind: report", "-c", "8", "-z", "60s")]
    try:
        until(lambda: one.metric("sweetspot_class_queue_length", **{"class": "checkout"}) > 0 and
              one.metric("sweetspot_class_queue_length", **{"class": "reports"}) > 0)
        before = [one.metric("sweetspot_requests_total", **{"class": c}) for c in ("checkout", "reports")]
        until(lambda: one.metric("sweetspot_requests_total", **{"class": "checkout"}) >= before[0] + 150)
        after = [one.metric("sweetspot_requests_total", **{"class": c}) for c in ("checkout", "reports")]
    finally:
        for load in loads:
            load.stop()
    share = (after[0] - before[0]) / (sum(after) - sum(before))
    assert share == pytest.approx(0.75, abs=0.05)
    assert one.is_idle()


def test_a_group_cannot_take_the_other_ones_part(gate):
    one = gate("""
limit: {pin: 4}
groups: [fast share=3, slow share=1]
classes: [quick group=fast, heavy group=slow]
rules: [class=heavy path=/heavy]
""", *ONE_AT_A_TIME[:-1], "4")
    with one.standing_still():
        heavy = [Later(one, "heavy") for _ in range(3)]
        one.until("sweetspot_class_in_flight", 1, **{"class": "heavy"})
        one.until("sweetspot_class_queue_length", 2, **{"class": "heavy"})
        quick = Later(one, "quick")
        one.until("sweetspot_in_flight", 2)  # it is let in, though the other group has a queue
        assert one.metric("sweetspot_class_queue_length", **{"class": "heavy"}) == 2
    for thread in (*heavy, quick):
        thread.join()
        assert thread.answer[0] == 200
    assert one.is_idle()


@pytest.mark.parametrize("configuration, fields, reason", [
    ("queue: {size: 0}", {}, "queue_full"),
    ("queue: {timeout: 50ms}", {}, "queue_timeout"),
    ("queue: {timeout: 1h}\nclasses: [default timeout=50ms]", {}, "queue_timeout"),
    ("queue: {codel_target: 50ms, standing_after: 100ms}", {}, "codel"),
    ("", {"x-request-timeout": "80ms"}, "deadline"),
])
def test_what_is_shed_is_told_why_and_when_to_come_back(gate, configuration, fields, reason):
    one = gate(f"limit: {{pin: 1}}\nreject: {{status: 429, body: problem_json}}\n{configuration}\n", *ONE_AT_A_TIME)
    with one.standing_still():
        holder = Later(one, "holder")
        one.until("sweetspot_in_flight", 1)
        status, head, body = one.ask(**fields)
    assert status == 429 and head["x-sweetspot-reason"] == reason
    assert 1 <= int(head["Retry-After"]) <= 60
    assert head["Content-Type"] == "application/problem+json"
    assert json.loads(body)["reason"] == reason and json.loads(body)["status"] == 429
    assert one.metric("sweetspot_shed_total", reason=reason) == 1
    holder.join()
    assert holder.answer[0] == 200 and one.is_idle()


def test_a_full_queue_refuses_before_the_body_is_read(gate):
    one = gate("limit: {pin: 1}\nqueue: {size: 0}\n", *ONE_AT_A_TIME)
    host, port = one.sidecar.ready["proxy"].rsplit(":", 1)
    with one.standing_still(), socket.create_connection((host, int(port)), timeout=10) as client:
        holder = Later(one, "holder")
        one.until("sweetspot_in_flight", 1)
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n")  # and no body
        assert client.recv(4096).startswith(b"HTTP/1.1 503 ")
    holder.join()


def test_modes_switch_under_load_without_losing_a_permit(gate):
    one = gate("limit: {initial: 2}\nqueue: {size: 100}\n")
    control = one.sidecar.ready["control"]
    with one.sweetspot.load("run", one.url(), "-c", "16", "-z", "120s", "--output", "json") as load:
        for _ in range(4):
            for order in (("mode", "shadow"), ("mode", "off"), ("mode", "enforce"), ("pin", "1"), ("unpin",)):
                served = one.metric("sweetspot_requests_total")
                one.sweetspot.ctl(control, *order)
                until(lambda: one.metric("sweetspot_requests_total") > served + 5)
        one.sweetspot.ctl(control, "mode", "enforce")
        one.sweetspot.ctl(control, "pin", "2")
        until(lambda: one.metric("sweetspot_in_flight") <= 2)
        load.send_signal(2)
        load.wait()
        load._reader.join(5)
        report = json.loads("\n".join(load.lines))
    assert set(report["status"]) == {"200"} and not any(report["errors"].values())
    assert one.is_idle()


def test_a_shadow_holds_nothing_and_counts_what_would_have_been(gate):
    one = gate("mode: shadow\nlimit: {initial: 2}\nqueue: {size: 3}\n", *ONE_AT_A_TIME[:-1], "8")
    with one.standing_still():
        threads = [Later(one, "x") for _ in range(8)]
        one.until("sweetspot_in_flight", 8)
    assert one.metric("sweetspot_shadow_queued_total") == 3
    assert one.metric("sweetspot_shadow_shed_total") == 3
    for thread in threads:
        thread.join()
    assert [thread.answer[0] for thread in threads] == [200] * 8


@pytest.mark.parametrize("text, line, problem", [
    ("classes:\n  - a share=1\n  - b share=-1\n", 3, "a share from 0.001 to 1000"),
    ("classes: [a]\nrules:\n  - class=c path=/x\n", 3, "a class of classes, or default"),
    ("classes: [a]\nrules:\n  - class=a path=/*\n  - class=a path=/x method=GET\n", 4, "can be reached"),
    ("classes: [a group=g]\n", 1, "a group of groups"),
    ("queue: {discipline: random}\n", 1, "one of fifo, lifo, adaptive"),
])
def test_a_wrong_configuration_is_refused_with_its_line(sweetspot, tmp_path, text, line, problem):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    done = subprocess.run([sweetspot.folder / "sweetspot", "--config", file, "--check"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert f"{file}:{line}: " in done.stderr and problem in done.stderr


def test_slow_readers_are_cut_off_while_others_wait_and_cost_them_nothing_else(gate):
    one = gate("limit: {pin: 8}\ndownstream: {contended_stall_timeout: 100ms}\n",
               "--model", "sleep", "--service-time", "10ms", "--parallelism", "8")
    with slow_readers(one.sidecar.ready["proxy"], 16), one.sweetspot.load("run", one.url(), "-c", "32", "-z", "120s",
                                                                        "--output", "json") as load:
        one.until("sweetspot_requests_total", 16, outcome="stalled")
        until(lambda: one.metric("sweetspot_requests_total", outcome="success") > 100)
        load.send_signal(signal.SIGINT)
        load.wait()
        load._reader.join(5)
        report = json.loads("\n".join(load.lines))
    assert report["successes"] > 0 and set(report["status"]) == {"200"} and not any(report["errors"].values())
    assert one.is_idle()


def test_two_groups_on_sixteen_threads_settle_under_one_tuner(gate):
    one = gate("""
limit: {initial: 4, max: 128}
groups: [left, right]
classes: [one group=left, other group=right]
rules: [class=one path=/one, class=other path=/other]
""", "--model", "sleep", "--service-time", "20ms", "--parallelism", "16", "--distribution", "exponential")
    loads = [one.sweetspot.load("run", one.url(path), "-c", "64", "-z", "120s") for path in ("/one", "/other")]
    try:
        control = one.sidecar.ready["control"]
        held = until(lambda: (s := one.sweetspot.status(control))["state"] == "hold" and s, timeout=60, what="a hold")
        assert 8 <= held["held_limit"] <= 32, held
        part = [one.metric("sweetspot_class_in_flight", **{"class": name}) for name in ("one", "other")]
        assert max(part) <= 0.5 * 32 + 1
        assert 4 <= one.metric("sweetspot_group_limit", group="left") <= 16
        assert one.metric("sweetspot_group_queue_length", group="right") > 0
    finally:
        for load in loads:
            load.stop()
    assert one.is_idle()
