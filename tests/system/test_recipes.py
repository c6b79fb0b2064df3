"""The recipes of service/RECIPES.md, word for word, with the servers of Debian."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import urllib.request

import pytest

from processes import ROOT, Program, answers, free_port, until

TOMCAT = pathlib.Path("/usr/share/tomcat10")
RECIPES = (ROOT / "service/RECIPES.md").read_text()


def blocks(title):
    """The files of one recipe: name -> text."""
    section = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", RECIPES, re.M | re.S).group(1)
    return dict(re.findall(r"^`([^`]+)`:\n\n```\w+\n(.*?)```$", section, re.M | re.S))


@contextlib.contextmanager
def recipe(title, folder):
    """Its files in `folder`, with ports of our own. Yields them and the port of the server."""
    port, inner = free_port(), free_port()
    files = {name: text.replace("8081", str(port)).replace("9000", str(inner)) for name, text in blocks(title).items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    here = os.getcwd()
    os.chdir(folder)
    try:
        yield files, port
    finally:
        os.chdir(here)


def serves(program, port):
    until(lambda: answers(port) or program.process.poll() is not None, timeout=60, what=program.name)
    assert program.process.poll() is None, program.errors()


def metric(sidecar, name):
    text = urllib.request.urlopen(f"http://{sidecar.ready['admin']}/metrics", timeout=5).read().decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.M).group(1))


def check(sweetspot, folder, most):
    """No request fails, the server never sees more than it can do, and we are first to close what is idle."""
    argv = [sweetspot.folder / "sweetspot", "--config", folder / "sweetspot.yaml", "--listen", "127.0.0.1:0",
            "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    with Program(argv, ready=r"^ready ") as sidecar:
        report = sweetspot.run_load(f"http://{sidecar.ready['proxy']}/", "-c", "60", "-n", "600")
        assert report["status"] == {"200": 600}, report
        assert metric(sidecar, "sweetspot_upstream_connections") <= most
        assert metric(sidecar, "sweetspot_limit") <= most
        until(lambda: metric(sidecar, "sweetspot_upstream_connections_idle") == 0, what="idle connections to close")
        assert 'outcome="upstream_reset"} 0' in urllib.request.urlopen(
            f"http://{sidecar.ready['admin']}/metrics").read().decode()


@pytest.mark.parametrize("title, most", [("gunicorn with threads", 16), ("gunicorn with sync workers", 4),
                                         ("A threaded Python server", 32)])
def test_a_python_server(sweetspot, tmp_path, title, most):
    with recipe(title, tmp_path) as (files, port):
        words = shlex.split(files["server"])
        words[0] = {"python3": "/usr/bin/python3", "gunicorn": "/usr/bin/gunicorn"}[words[0]]
        with Program(words, env={"PYTHONDONTWRITEBYTECODE": "1"}) as server:
            serves(server, port)
            check(sweetspot, tmp_path, most)


def test_php_fpm_behind_nginx(sweetspot, tmp_path):
    fpm = next(iter(sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))), None)
    if fpm is None:
        pytest.skip("no PHP-FPM here")
    os.chmod(tmp_path, 0o755)
    with recipe("PHP-FPM behind nginx", tmp_path) as (files, port):
        user = ["-g", "daemon off; user root; pid nginx.pid;"] if os.geteuid() == 0 else \
            ["-g", "daemon off; pid nginx.pid;"]
        as_root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
        pool = tmp_path / "php-fpm.conf"
        if as_root:
            pool.write_text(files["php-fpm.conf"] + "user = root\ngroup = root\n")
        with Program([fpm, "--nodaemonize", "--fpm-config", pool, *as_root]) as children:
            serves(children, int(re.search(r"^listen = .*:(\d+)", files["php-fpm.conf"], re.M).group(1)))
            with Program(["/usr/sbin/nginx", "-e", "stderr", "-p", f"{tmp_path}/", "-c", tmp_path / "nginx.conf",
                          *user]) as server:
                serves(server, port)
                check(sweetspot, tmp_path, 8)


def test_tomcat(sweetspot, tmp_path):
    if not TOMCAT.exists() or not shutil.which("java"):
        pytest.skip("no Tomcat here")
    with recipe("Tomcat", tmp_path) as (_, port):
        for name in ("logs", "temp", "work"):
            (tmp_path / name).mkdir()
        for name in ("web.xml",):
            found = next(p for p in (TOMCAT / "skel/conf" / name, pathlib.Path("/etc/tomcat10") / name) if p.exists())
            shutil.copy(found, tmp_path / "conf" / name)
        environment = {"CATALINA_HOME": str(TOMCAT), "CATALINA_BASE": str(tmp_path),
                       "JAVA_OPTS": "-XX:TieredStopAtLevel=1 -Xshare:auto -Djava.security.egd=file:/dev/urandom"}
        with Program([TOMCAT / "bin/catalina.sh", "run"], env=environment) as server:
            serves(server, port)
            with socket.create_connection(("127.0.0.1", port)) as first:  # compiles the page
                first.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert first.makefile("rb").readline().split()[1] == b"200", server.errors()
            check(sweetspot, tmp_path, 16)


def test_the_table_has_each_recipe():
    titles = re.findall(r"^## (.*)$", RECIPES, re.M)
    rows = re.findall(r"^\| ([^|]+) \|", RECIPES, re.M)[1:]
    assert len(rows) == len(titles) == 5


def test_each_configuration_is_valid(sweetspot, tmp_path):
    for title in re.findall(r"^## (.*)$", RECIPES, re.M):
        (tmp_path / "sweetspot.yaml").write_text(blocks(title)["sweetspot.yaml"])
        done = subprocess.run([sweetspot.folder / "sweetspot", "--check", "--config", tmp_path / "sweetspot.yaml"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
