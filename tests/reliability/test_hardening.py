"""How the programs are built and what they ask of the kernel, as SECURITY.md says."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from processes import ROOT, until

PROGRAMS = ("sweetspot", "sweetspotctl", "sweetspot-load")


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_hardened(sweetspot, program):
    path = str(sweetspot.folder / program)
    assert "DYN (Position-Independent Executable" in output("readelf", "-h", path)
    dynamic = output("readelf", "-d", path)
    assert "BIND_NOW" in dynamic and "PIE" in dynamic
    segments = output("readelf", "-lW", path)
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK.*\bRW\b ", segments), "an executable stack"
    symbols = output("readelf", "-sW", "--dyn-syms", path)
    assert "__stack_chk_fail" in symbols
    assert "_chk@GLIBC" in symbols, "nothing is fortified"


def test_the_bill_of_materials_names_what_is_linked(sweetspot):
    bill = json.loads(output(ROOT / "helm/image/sbom", sweetspot.folder))
    names = {p["name"] for p in bill["packages"]}
    assert bill["spdxVersion"] == "SPDX-2.3"
    assert {"sweetspot", "libc6", "libssl3", "libboost1.81-dev"} <= names
    assert any(n.startswith("libgrpc++") for n in names)
    assert all(p["versionInfo"] for p in bill["packages"])
    linked = {p["relatedSpdxElement"] for p in bill["relationships"] if p["relationshipType"] == "DEPENDS_ON"}
    assert linked == {p["SPDXID"] for p in bill["packages"]} - {"SPDXRef-sweetspot"}


@pytest.mark.skipif(not can_trace(), reason="strace is not installed, or may not trace here")
def test_a_whole_life_needs_no_system_call_that_is_not_documented(sweetspot, tmp_path):
    documented = set((ROOT / "SECURITY.md").read_text().split("<!-- system calls -->")[1]
                     .split("```text")[1].split("```")[0].split())
    config = tmp_path / "conf.yaml"
    config.write_text("limit: {max: 64}\n")
    (tmp_path / "body").write_text("x" * 200_000)
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(sweetspot.backend("--model", "sleep", "--service-time", "2ms"))
        traced = stack.enter_context(sweetspot.sidecar(
            backend.ready["listen"], "--config", config, "--state.file", tmp_path / "state", "--decisions.file",
            tmp_path / "decisions", "--access_log.file", tmp_path / "access", "--backend.pid", backend.pid,
            "--drain.delay", "0s", under=["strace", "-f", "-qq", "-o", tmp_path / "trace"]))
        pid = child_of(traced.pid)
        stack.callback(end, pid)
        sweetspot.run_load(f"http://{traced.ready['proxy']}/", "-n", "500", "-c", "20")
        sweetspot.run_load(f"http://{traced.ready['proxy']}/", "-n", "20", "-c", "2", "-D", tmp_path / "body")
        urllib.request.urlopen(f"http://{traced.ready['admin']}/metrics", timeout=5).read()
        sweetspot.ctl(traced.ready["control"], "pin", "5")
        config.write_text("limit: {max: 63}\n")
        os.kill(pid, signal.SIGHUP)
        until(lambda: "config_reloaded" in traced.errors())
        os.kill(pid, signal.SIGTERM)
        assert traced.wait() == 0
    calls = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", (tmp_path / "trace").read_text(), re.M))
    assert len(calls) > 30
    assert calls - documented == set()


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def child_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
