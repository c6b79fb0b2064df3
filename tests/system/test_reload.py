"""Another configuration under traffic: by signal, by the file, by links that are swapped."""

import os
import signal
import threading
import urllib.request

import pytest

from processes import until


@pytest.fixture
def backend(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "2ms", "--parallelism", "8") as program:
        yield program


def metric(sidecar, series):
    text = urllib.request.urlopen(f"http://{sidecar.ready['admin']}/metrics", timeout=5).read().decode()
    return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(series + " ")), None)


def accepted(sidecar):
    return metric(sidecar, 'sweetspot_config_reloads_total{result="accepted"}')


def refused(sidecar):
    return metric(sidecar, 'sweetspot_config_reloads_total{result="refused"}')


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
        assert metric(sidecar, "sweetspot_config_keys_waiting") == 1
        file.write_text("limit: {max: 64}\n")
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: accepted(sidecar) == 2)
        assert sweetspot.status(sidecar.ready["control"])["pinned"] is False
        assert metric(sidecar, "sweetspot_config_keys_waiting") == 0


def test_a_bad_file_leaves_the_running_one_and_says_why(sweetspot, backend, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text("limit: {pin: 5}\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar:
        file.write_text("limit: {pin: 6}\nqueue: {size: many}\n")
        sidecar.send_signal(signal.SIGHUP)
        until(lambda: refused(sidecar) == 1)
        assert sweetspot.status(sidecar.ready["control"])["limit"] == 5
        assert "conf.yaml:2: queue.size: found many, allowed:" in sidecar.errors()
        assert metric(sidecar, "sweetspot_config_last_reload_successful") == 0
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
    file.write_text("request: {timeout: 10s}\n")
    with sweetspot.sidecar(backend.ready["listen"], "--config", file) as sidecar:
        reports = []
        load = threading.Thread(target=lambda: reports.append(sweetspot.run_load(
            f"http://{sidecar.ready['proxy']}/", "-c", "20", "-z", "5s")))
        load.start()
        until(lambda: metric(sidecar, 'sweetspot_requests_total{class="default",outcome="success"}') > 100)
        for i in range(100):
            file.write_text(f"request: {{timeout: {10 + i % 2}s}}\nbypass: {{paths: [/p{i}]}}\n"
                            f"limit: {{max: {200 + i % 3}}}\nbuffer: {{response: {8 + i}KiB}}\n")
            sidecar.send_signal(signal.SIGHUP)
            until(lambda: accepted(sidecar) > i)
        assert load.is_alive(), "the load ended before the last reload"
        load.join(30)
        assert reports[0]["errors"] == {} or not any(reports[0]["errors"].values()), reports[0]
        assert set(reports[0]["status"]) == {"200"}, reports[0]
