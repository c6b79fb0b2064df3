"""Another configuration under traffic: by signal, by the file, by links that are swapped."""

import http.server
import json
import os
import signal
import threading
import urllib.error
import urllib.request

import pytest

from processes import until


@pytest.fixture
def backend(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "2ms", "--parallelism", "8") as program:
        yield program


def accepted(sidecar):
    return sidecar.metric("sweetspot_config_reloads_total", result="accepted")


def refused(sidecar):
    return sidecar.metric("sweetspot_config_reloads_total", result="refused")


def test_a_signal_puts_what_can_be_in_force_and_names_what_waits(sweetspot, backend, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("limit: {max: 64}\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar:
        file.write_text("limit: {max: 64, pin: 7}\nmode: shadow\nworkers: 2\n")
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: accepted(sidecar) == 1)
        status = sweetspot.status(sidecar.ready["control"])
        assert (status["limit"], status["pinned"], status["mode"]) == (7, True, "shadow")
        assert "the configuration was reloaded: SIGHUP" in status["last_verdict"]["comment"]
        assert "config_reloaded source=SIGHUP applied=mode,limit.pin restart=workers" in sidecar.errors()
        assert sidecar.metric("sweetspot_config_keys_waiting") == 1
        file.write_text("limit: {max: 64}\n")
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: accepted(sidecar) == 2)
        assert sweetspot.status(sidecar.ready["control"])["pinned"] is False
        assert sidecar.metric("sweetspot_config_keys_waiting") == 0


def test_a_bad_file_leaves_the_running_one_and_says_why(sweetspot, backend, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("limit: {pin: 5}\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar:
        file.write_text("limit: {pin: 6}\nqueue: {size: many}\n")
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: refused(sidecar) == 1)
        assert sweetspot.status(sidecar.ready["control"])["limit"] == 5
        assert "conf.yaml:2: queue.size: found many, allowed:" in sidecar.errors()
        assert sidecar.metric("sweetspot_config_last_reload_successful") == 0
        assert urllib.request.urlopen(f"http://{sidecar.ready['proxy']}/").status == 200


def test_a_changed_file_is_taken_without_a_signal(sweetspot, backend, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("limit: {pin: 5}\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar:
        file.write_text("limit: {pin: 6}\n")
        until(lambda: sweetspot.status(sidecar.ready["control"])["limit"] == 6)
        file.unlink()
        until(lambda: refused(sidecar) == 1)
        assert "cannot be read: No such file" in sidecar.errors()
        file.write_text("limit: {pin: 7}\n")
        until(lambda: sweetspot.status(sidecar.ready["control"])["limit"] == 7)


def test_a_configuration_from_a_pipe_is_read_once(sweetspot, backend):
    """A second look would find it empty, and all keys at their defaults."""
    reader, writer = os.pipe()
    os.write(writer, b"limit: {pin: 5}\n")
    os.close(writer)
    with sweetspot.sidecar(backend.ready["listen"], "--config", f"/dev/fd/{reader}", pass_fds=[reader]) as sidecar:
        os.close(reader)
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: refused(sidecar) == 1)
        assert "is not a regular file" in sidecar.errors()
        assert sweetspot.status(sidecar.ready["control"])["limit"] == 5


def test_a_mounted_config_map_is_taken_when_its_links_are_swapped(sweetspot, backend, tmp_path):
    def publish(name, text):
        (tmp_path / name).mkdir()
        (tmp_path / name / "conf.yaml").write_text(text)
        (tmp_path / "..data_tmp").symlink_to(name)
        os.rename(tmp_path / "..data_tmp", tmp_path / "..data")

    publish("..first", "limit: {pin: 5}\n")
    (tmp_path / "conf.yaml").symlink_to("..data/conf.yaml")
    with sweetspot.sidecar(backend.ready["listen"], "--config", tmp_path / "conf.yaml") as sidecar:
        publish("..second", "limit: {pin: 6}\n")
        until(lambda: sweetspot.status(sidecar.ready["control"])["limit"] == 6)


def test_a_hundred_reloads_under_load_fail_no_request(sweetspot, backend, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("groups: [g, h]\nclasses: [a group=h]\nrules: [class=a path=/p*]\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar, \
            sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "20", "-z", "120s",
                           "--output", "json") as load:
        until(lambda: sidecar.metric("sweetspot_requests_total", outcome="success") > 100)
        for i in range(100):
            file.write_text(f"request: {{timeout: {10 + i % 2}s}}\nbypass: {{paths: [/p{i}]}}\n"
                            f"limit: {{max: {200 + i % 3}}}\nbuffer: {{response: {8 + i}KiB}}\n"
                            f"queue: {{size: {100 + i}, discipline: {('fifo', 'lifo', 'adaptive')[i % 3]}}}\n"
                            f"groups: [g share={1 + i % 4}, h]\nclasses: [a group=h priority={i} share={1 + i % 5}]\n"
                            "rules: [class=a path=/p*]\n")
            sidecar.send_signal(signal.SIGHUP)
            until(lambda: accepted(sidecar) > i)
        assert load.process.poll() is None, "the load ended before the last reload"
        load.send_signal(signal.SIGINT)
        load.wait(30)
        load._reader.join(5)
        report = json.loads("\n".join(load.lines))
        assert not any(report["errors"].values()) and set(report["status"]) == {"200"}, report
        assert sidecar.metric("sweetspot_config_keys_waiting") == 0


class Held(http.server.BaseHTTPRequestHandler):
    """Answers nobody before it is released."""

    released = threading.Event()

    def do_GET(self):
        self.released.wait(60)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def held():
    Held.released.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Held)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    Held.released.set()
    server.shutdown()


def status_of(url):
    try:
        return urllib.request.urlopen(url, timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code


def test_another_queue_and_other_weights_hold_for_those_who_come_from_then_on(sweetspot, held, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("limit: {pin: 1}\nqueue: {size: 0}\nclasses: [a]\n")
    with sweetspot.sidecar(held, "--config", file) as sidecar:
        url, answers = f"http://{sidecar.ready['proxy']}/", []

        def ask():
            threading.Thread(target=lambda: answers.append(status_of(url))).start()

        def reload(text):
            before = accepted(sidecar)
            file.write_text("limit: {pin: 1}\n" + text)
            sidecar.send_signal(signal.SIGHUP)
            until(lambda: accepted(sidecar) == before + 1)

        ask()
        until(lambda: sidecar.metric("sweetspot_in_flight") == 1)
        assert status_of(url) == 503
        reload("queue: {size: 1, timeout: 1m}\nclasses: [a share=3]\n")
        ask()
        until(lambda: sidecar.metric("sweetspot_queue_length") == 1)
        assert status_of(url) == 503
        assert sweetspot.status(sidecar.ready["control"])["classes"][1]["share"] == 3
        reload("queue: {size: 0, timeout: 1m}\nclasses: [b]\n")
        assert sidecar.metric("sweetspot_queue_length") == 1  # a smaller queue sends nobody away
        assert sidecar.metric("sweetspot_config_keys_waiting") == 1
        Held.released.set()
        until(lambda: len(answers) == 2)
        assert answers == [204, 204]
