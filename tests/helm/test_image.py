"""The image's root filesystem, assembled and started as the Dockerfile says, without a container engine."""

import io
import os
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import urllib.request

import pytest

from chart import ROOT
from processes import Program, until

UID = 65532
LARGEST_MIB = 40


@pytest.fixture(scope="module")
def image(tmp_path_factory, sweetspot):
    folder = tmp_path_factory.mktemp("image")
    for parent in (folder, *folder.parents):  # the container's user must be able to walk in
        if parent.stat().st_uid == os.getuid() and parent != pathlib.Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run([ROOT / "helm/image/assemble", sweetspot.folder, folder / "root"], check=True, timeout=120,
                   capture_output=True)
    return folder / "root"


@pytest.fixture
def started(image, tmp_path):
    if os.getuid() != 0:
        pytest.skip("namespaces and a change of user need root")
    programs = []

    def start(*argv, volumes=(), ready=None):
        program = Program([sys.executable, ROOT / "tests/helm/container.py", image, UID,
                           *(f"{folder}={point}" for folder, point in volumes), "--", *argv], ready=ready)
        programs.append(program)
        return program
    yield start
    for program in programs:
        program.stop()


def dockerfile():
    return (ROOT / "Dockerfile").read_text()


def test_it_is_small_and_holds_no_shell(image):
    size = sum(f.lstat().st_size for f in image.rglob("*") if not f.is_dir())
    assert size < LARGEST_MIB * 2 ** 20
    assert sorted(p.name for p in (image / "usr/bin").iterdir()) == ["sweetspot", "sweetspot-load", "sweetspotctl"]
    assert [f for f in image.rglob("*") if f.is_file() and f.stat().st_mode & 0o7022] == []


def test_its_size_is_what_the_chart_says(image):
    size = sum(f.lstat().st_size for f in image.rglob("*") if not f.is_dir())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as layer:
        layer.add(image, arcname=".")
    stated = re.search(r"It is (\d+) MiB, (\d+) MiB compressed", (ROOT / "helm/sweetspot/README.md").read_text())
    found = size / 2 ** 20, len(packed.getvalue()) / 2 ** 20
    for measured, said in zip(found, stated.groups()):
        assert abs(measured - int(said)) < 0.1 * measured, f"{found[0]:.1f} MiB, {found[1]:.1f} MiB compressed"


def test_it_says_what_is_inside_and_under_which_licence(image):
    packages = {p.name for p in (image / "var/lib/dpkg/status.d").iterdir()}
    assert {"libc6", "libssl3", "libgrpc++1.51"} <= packages
    assert all((image / "usr/share/doc" / p / "copyright").stat().st_size > 0 for p in packages)


def test_the_dockerfile_takes_this_very_filesystem_and_a_user_without_rights():
    assert "helm/image/assemble build/release/bin /rootfs" in dockerfile()
    assert "FROM scratch\nCOPY --from=build /rootfs /\n" in dockerfile()
    assert re.search(r"^USER 65532:65532$", dockerfile(), re.M)
    version = re.search(r"project\(sweetspot VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert f'image.version="{version}"' in dockerfile()
    assert f"appVersion: {version}\n" in (ROOT / "helm/sweetspot/Chart.yaml").read_text()


def child_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def test_it_serves_read_only_without_rights_and_ends_drained(started, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, UID, UID)
    backend = started("/usr/bin/sweetspot-load", "backend", "--listen", "127.0.0.1:0", ready="^ready ")
    sidecar = started("/usr/bin/sweetspot", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--control",
                      "127.0.0.1:0", "--upstream", backend.ready["listen"], "--state.file",
                      "/var/lib/sweetspot/state", volumes=[(state, "/var/lib/sweetspot")], ready="^ready ")
    with urllib.request.urlopen(f"http://{sidecar.ready['proxy']}/", timeout=10) as answer:
        assert answer.status == 200
    load = started("/usr/bin/sweetspot-load", "run", f"http://{sidecar.ready['proxy']}/", "-c", "4", "-n", "50")
    assert load.wait() == 0, load.errors()

    pid = child_of(sidecar.pid)
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                  if ":\t" in line)
    assert status["Uid"].split() == [str(UID)] * 4
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["NSpid"].split()[-1] == "1"
    mounts = pathlib.Path(f"/proc/{pid}/mounts").read_text().splitlines()
    assert [m.split()[3].split(",")[0] for m in mounts if m.split()[1] == "/"] == ["ro"]

    def ctl(*words):
        program = started("/usr/bin/sweetspotctl", "--address", sidecar.ready["control"], *words)
        return program.wait()
    assert ctl("health") == 0
    assert ctl("drain", "--wait") == 0
    assert ctl("health") == 1
    assert sidecar.stop(signal.SIGTERM) == 0, sidecar.errors()
    until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), what="the end of the container")
