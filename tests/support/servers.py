"""The servers of service/RECIPES.md, as Debian has them, with ports of our own."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import socket

from processes import ROOT, Failed, Program, answers, free_port, until

TOMCAT = pathlib.Path("/usr/share/tomcat10")
RECIPES = (ROOT / "service/RECIPES.md").read_text()


def titles():
    return re.findall(r"^## (.*)$", RECIPES, re.M)


def blocks(title):
    """The files of one recipe: name -> text."""
    section = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", RECIPES, re.M | re.S).group(1)
    return dict(re.findall(r"^`([^`]+)`:\n\n```\w+\n(.*?)```$", section, re.M | re.S))


def missing(title):
    """What this machine lacks to run the server; nothing where it has it all."""
    if title.startswith("PHP") and fpm() is None:
        return "no PHP-FPM here"
    if title == "Tomcat" and not (TOMCAT.exists() and shutil.which("java")):
        return "no Tomcat here"
    return None


def fpm():
    return next(iter(sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))), None)


@contextlib.contextmanager
def running(title, folder, edits=()):
    """The server of a recipe. `edits`: pairs of what stands in its files and what shall stand there.
    Yields its port; its files are in `folder`."""
    port, inner = free_port(), free_port()
    changes = [*edits, ("8081", str(port)), ("9000", str(inner))]
    files = {name: replaced(text, changes) for name, text in blocks(title).items()}
    for what, _ in edits:
        assert any(what in text for text in blocks(title).values()), f"{title} has no {what!r}"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    here = os.getcwd()
    os.chdir(folder)
    try:
        start = {"Tomcat": tomcat, "PHP-FPM behind nginx": php}.get(title, python)
        with start(folder, files, port):
            yield port
    finally:
        os.chdir(here)


def replaced(text, changes):
    for what, by in changes:
        text = text.replace(what, by)
    return text


def serves(program, port):
    until(lambda: answers(port) or program.process.poll() is not None, timeout=60, what=program.name)
    if program.process.poll() is not None:
        raise Failed(f"{program.name}: {program.errors()}")


@contextlib.contextmanager
def python(_, files, port):
    words = shlex.split(files["server"])
    words[0] = {"python3": "/usr/bin/python3", "gunicorn": "/usr/bin/gunicorn"}[words[0]]
    with Program(words, env={"PYTHONDONTWRITEBYTECODE": "1"}) as server:
        serves(server, port)
        yield


@contextlib.contextmanager
def php(folder, files, port):
    os.chmod(folder, 0o755)
    root = os.geteuid() == 0
    pool = folder / "php-fpm.conf"
    if root:
        pool.write_text(files["php-fpm.conf"] + "user = root\ngroup = root\n")
    nginx = ["-g", "daemon off; " + ("user root; " if root else "") + "pid nginx.pid;"]
    with Program([fpm(), "--nodaemonize", "--fpm-config", pool,
                  *(["--allow-to-run-as-root"] if root else [])]) as children:
        serves(children, int(re.search(r"^listen = .*:(\d+)", files["php-fpm.conf"], re.M).group(1)))
        with Program(["/usr/sbin/nginx", "-e", "stderr", "-p", f"{folder}/", "-c", folder / "nginx.conf",
                      *nginx]) as server:
            serves(server, port)
            yield


@contextlib.contextmanager
def tomcat(folder, _, port):
    for name in ("logs", "temp", "work"):
        (folder / name).mkdir()
    found = next(p for p in (TOMCAT / "skel/conf/web.xml", pathlib.Path("/etc/tomcat10/web.xml")) if p.exists())
    shutil.copy(found, folder / "conf/web.xml")
    environment = {"CATALINA_HOME": str(TOMCAT), "CATALINA_BASE": str(folder),
                   "JAVA_OPTS": "-XX:TieredStopAtLevel=1 -Xshare:auto -Djava.security.egd=file:/dev/urandom"}
    with Program([TOMCAT / "bin/catalina.sh", "run"], env=environment) as server:
        serves(server, port)
        with socket.create_connection(("127.0.0.1", port)) as first:  # compiles the page
            first.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if first.makefile("rb").readline().split()[1] != b"200":
                raise Failed("Tomcat: " + server.errors())
        yield
