"""The Debian package, installed, started and removed in a root of its own.

That root is this machine's, with all changes kept apart, or with SWEETSPOT_CLEAN_ROOT=debootstrap a new
Debian 12 into which apt brings what the package depends on."""

import os
import pathlib
import shutil
import socket
import subprocess
import urllib.request

import pytest

import own_network
from processes import ROOT, until

pytestmark = pytest.mark.skipif(own_network.no_mounts() is not None, reason=str(own_network.no_mounts()))

SHOWN = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc none "$1/root/proc"
mount --rbind /dev "$1/root/dev"
shift 2
exec "$@"
"""


def package():
    found = sorted((ROOT / "build/package").glob("sweetspot_*.deb"))
    if not found:
        pytest.skip("there is no package: ./dev package makes it")
    return found[-1]


@pytest.fixture(scope="module")
def clean_root(tmp_path_factory):
    if os.environ.get("SWEETSPOT_CLEAN_ROOT") != "debootstrap":
        return pathlib.Path("/")
    root = tmp_path_factory.mktemp("debian")
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True, capture_output=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    subprocess.run(["cp", "-L", package(), root / "package.deb"], check=True)
    depends = subprocess.run(["dpkg-deb", "-f", package(), "Depends"], capture_output=True, text=True).stdout
    names = [d.split()[0].split(":")[0] for d in depends.replace("|", ",").split(",") if d.strip()]
    subprocess.run(["chroot", root, "apt-get", "update", "-qq"], check=True, capture_output=True)
    subprocess.run(["chroot", root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
                    "--no-install-recommends", *names, "curl"], check=True, capture_output=True)
    return root


class Root:
    """A root for one test; what is done in it is gone after it."""

    def __init__(self, folder, below):
        self.folder, self.path = folder, folder / "root"
        self.keeper = subprocess.Popen(["unshare", "--mount", "--fork", "bash", "-c", SHOWN, "root", folder, below,
                                        "bash", "-c", "echo mounted; read"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        assert self.keeper.stdout.readline() == b"mounted\n"
        child = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.keeper.pid)], capture_output=True, text=True)
        self.pid = child.stdout.split()[0]

    def command(self, *words):
        return ["nsenter", "--mount", "--target", self.pid, "chroot", self.path, *map(str, words)]

    def run(self, *words):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def changes(self):
        """What was written or removed so far, but for the books of dpkg and its like."""
        skip = " -o ".join(f"-path ./{name}" for name in ("tmp", "run", "var/lib/dpkg", "var/cache", "var/log"))
        done = subprocess.run(["nsenter", "--mount", "--target", self.pid, "sh", "-c",
                               f"cd {self.folder}/upper && find . \\( {skip} \\) -prune -o ! -type d -print"],
                              capture_output=True, text=True, check=True)
        return {name[1:] for name in done.stdout.splitlines()}

    def has(self, path):
        return subprocess.run(self.command("test", "-e", path)).returncode == 0

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()


@pytest.fixture
def root(tmp_path, clean_root):
    root = Root(tmp_path, clean_root)
    yield root
    root.close()


def install(root):
    root.run("sh", "-c", "mkdir -p /tmp; cat > /tmp/package.deb < /dev/null")
    with open(package(), "rb") as deb:
        subprocess.run(root.command("sh", "-c", "cat > /tmp/package.deb"), stdin=deb, check=True)
    root.run("dpkg", "-i", "/tmp/package.deb")


def test_is_removed_without_a_trace(root):
    before = root.changes()
    install(root)
    added = root.changes() - before
    for name in ("/usr/bin/sweetspot", "/usr/bin/sweetspotctl", "/usr/bin/sweetspot-load",
                 "/etc/sweetspot/sweetspot.yaml", "/usr/share/man/man1/sweetspot.1.gz",
                 "/usr/share/bash-completion/completions/sweetspotctl"):
        assert name in added
    assert root.has("/lib/systemd/system/sweetspot.service")
    root.run("sh", "-c", "mkdir -p /var/lib/sweetspot && echo 8 > /var/lib/sweetspot/state")
    root.run("dpkg", "-r", "sweetspot")
    assert root.changes() - before == {"/etc/sweetspot/sweetspot.yaml", "/var/lib/sweetspot/state"}
    root.run("dpkg", "-P", "sweetspot")
    assert root.changes() == before
    assert not root.has("/etc/sweetspot") and not root.has("/var/lib/sweetspot")


def test_starts_tells_the_service_manager_and_drains(root, tmp_path):
    install(root)
    root.run("sweetspot", "--check", "--config", "/etc/sweetspot/sweetspot.yaml")
    root.run("mkdir", "-p", "/var/lib/sweetspot", "/run/sweetspot")
    path = f"\0sweetspot-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        service = subprocess.Popen(
            root.command("env", f"NOTIFY_SOCKET=@{path[1:]}", "sweetspot", "--config", "/etc/sweetspot/sweetspot.yaml",
                         "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"),
            stdout=subprocess.PIPE, text=True)
        try:
            assert manager.recv(500).startswith(b"READY=1\nSTATUS=serving at 127.0.0.1:")
            ready = dict(word.split("=") for word in service.stdout.readline().split()[1:])
            assert urllib.request.urlopen(f"http://{ready['admin']}/readyz").status == 200
            assert '"limit":' in root.run("sweetspotctl", "--address", ready["control"], "status", "-o", "json")
            service.send_signal(1)
            assert manager.recv(500).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert manager.recv(500) == b"READY=1"
            service.terminate()
            assert manager.recv(500).startswith(b"STOPPING=1")
            assert service.wait(20) == 0
        finally:
            service.kill()


def test_the_units_are_sound(root):
    install(root)
    if subprocess.run(root.command("sh", "-c", "command -v systemd-analyze"), capture_output=True).returncode != 0:
        pytest.skip("no systemd here")
    for unit in ("sweetspot.service", "sweetspot@x.service"):
        done = subprocess.run(root.command("systemd-analyze", "verify", "--man=no", unit), capture_output=True, text=True)
        assert done.returncode == 0 and "sweetspot" not in done.stderr, done.stderr
    exposure = root.run("systemd-analyze", "security", "--offline=true", "--no-pager", "sweetspot.service")
    level = float(exposure.strip().splitlines()[-1].split("sweetspot.service: ")[1].split()[0])
    assert level < 2.5, exposure


def test_completes_what_the_programs_know(root):
    install(root)

    def complete(*words):
        line = " ".join(f"'{w}'" for w in words)
        text = root.run("bash", "-c", f"""
          . /usr/share/bash-completion/completions/{words[0]}
          COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}
          function=$(complete -p {words[0]}); function=${{function#*-F }}; ${{function%% *}} {words[0]}
          echo "${{COMPREPLY[*]}}" """)
        return set(text.split())

    assert complete("sweetspot", "--queue.") >= {"--queue.size", "--queue.timeout"}
    assert complete("sweetspot", "--mode", "") == {"enforce", "shadow", "off"}
    assert complete("sweetspotctl", "pau") == {"pause"}
    assert "--comment" in complete("sweetspotctl", "pin", "--")
    assert complete("sweetspotctl", "-o", "j") == {"json"}
    assert {"run", "sweep"} <= complete("sweetspot-load", "")


def test_has_a_manual_page_for_each_program(root):
    install(root)
    for program in ("sweetspot", "sweetspotctl", "sweetspot-load"):
        page = root.run("sh", "-c", f"zcat /usr/share/man/man1/{program}.1.gz")
        assert ".SH NAME" in page and ".SH OPTIONS" in page
    assert "queue.timeout" in root.run("zcat", "/usr/share/man/man1/sweetspot.1.gz")
