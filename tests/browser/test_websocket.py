"""A WebSocket of a real browser through the proxy."""

import json
import os
import pathlib
import subprocess

from processes import ROOT, Program

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("SWEETSPOT_BROWSER", ROOT / "build/browser"))


def test_a_browser_is_echoed(sweetspot):
    with Program(["/usr/bin/python3", ROOT / "tests/support/websocket_echo.py"], ready=r"^ready ") as server, \
            sweetspot.sidecar(server.ready["listen"]) as sidecar:
        done = subprocess.run(["node", HERE / "websocket.js", sidecar.ready["proxy"]], text=True, capture_output=True, timeout=90,
                              env={**os.environ, "NODE_PATH": str(MODULES / "node_modules")})
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"got": [True] * 3, "code": 1000, "reason": "done", "clean": True}
