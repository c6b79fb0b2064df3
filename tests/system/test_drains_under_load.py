"""Drains under the load tool: whoever was connected is answered; only new connections fail, and those cleanly."""

import json
import os
import signal

import pytest

from processes import until

ROUNDS = int(os.environ.get("SWEETSPOT_DRAINS", 3))
REQUESTS = 2500  # more than any machine gets done before the drain ends


@pytest.mark.parametrize("keep_alive, workers", [(True, 1), (False, 1), (False, 2)])
def test_errors_are_of_kind_connect_only(sweetspot, keep_alive, workers):
    flags = [] if keep_alive else ["--no-keepalive"]
    with sweetspot.backend("--model", "sleep", "--service-time", "20ms", "--parallelism", "32") as backend:
        for _ in range(ROUNDS):
            sidecar = sweetspot.sidecar(backend.ready["listen"], "--limit.pin", "16", "--workers", str(workers),
                                        "--drain.delay", "200ms" if keep_alive else "0s")
            with sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "32", "-n", str(REQUESTS), "--output",
                                "json", *flags) as load:
                until(lambda: sidecar.metric("sweetspot_requests_total", outcome="success") > 100)
                assert sidecar.stop(signal.SIGTERM) == 0, sidecar.errors()
                load.wait(60)
                load._reader.join(5)
            report = json.loads("\n".join(load.lines))
            assert set(report["status"]) == {"200"}, report
            assert {kind for kind, count in report["errors"].items() if count} == {"connect"}, report
