"""What a client can cost: for each byte that it sends less than a hundred times what an ordinary client's
byte costs in CPU, and less than a hundred bytes of memory. Counted in CPU time and bytes, so that it
does not matter how fast the machine is or what else runs on it. Where hardly any bytes are sent, those of
the packets count that they cannot do without."""

import contextlib
import pathlib
import resource
import socket

import pytest

from processes import cpu_seconds, until

MOST = 100
CONNECTIONS = 10_000
PACKET = 52              # bytes of an IPv4 and a TCP header with time stamps
HANDSHAKE = 2 * PACKET + 8  # the client's part
ORDINARY = b"GET /orders/17 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: a client/1.0\r\nAccept: */*\r\n\r\n"


def chunks(count):
    return b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * count + b"0\r\n\r\n"


def fields(count, name=b"X"):
    return b"GET / HTTP/1.1\r\nHost: a\r\n" + b"%s:\r\n" % name * count + b"\r\n"


# Legal all, and as expensive for their bytes as we could think of: what is sent, and in how large parts.
INPUTS = {
    "the shortest requests, pipelined": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 200, None),
    "a request byte by byte": (ORDINARY * 3, 1),
    "a body in chunks of one byte": (chunks(3000), None),
    "chunks of one byte, byte by byte": (chunks(200), 1),
    "a head of 120 empty fields": (fields(120) * 20, None),
    "fields that name themselves in Connection": (fields(60, b"Connection:X\r\nX") * 20, None),
    "a target of percent signs": (b"GET /" + b"%2e/" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", None),
}


@pytest.fixture
def sidecar(sweetspot):
    with sweetspot.backend("--model", "sleep", "--service-time", "1us", "--parallelism", "64") as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--limit.pin", "64") as sidecar:
        yield sidecar


def connect(sidecar):
    host, port = sidecar.ready["proxy"].rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def memory(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def cpu_per_byte(sidecar, sent, part, requests):
    """Seconds of the sidecar's CPU for each byte of `sent`, once all its `requests` are answered."""
    with connect(sidecar) as connection:
        before = cpu_seconds(sidecar.pid)
        step = part or len(sent)
        for at in range(0, len(sent), step):
            connection.sendall(sent[at:at + step])
        answered, tail = 0, b""
        while answered < requests:
            data = connection.recv(65536)
            assert data, f"closed after {answered} of {requests} answers"
            answered += (tail + data).count(b"HTTP/1.1 200") - tail.count(b"HTTP/1.1 200")
            tail = (tail + data)[-11:]
        return (cpu_seconds(sidecar.pid) - before) / len(sent)


def test_no_legal_input_costs_a_hundred_times_its_bytes_in_cpu(sidecar, seen):
    def cost(sent, part):
        requests = sent.count(b" HTTP/1.1\r\n")
        return min(cpu_per_byte(sidecar, sent, part, requests) for _ in range(5))
    ordinary = cost(ORDINARY, None)
    costs = {name: cost(*how) / ordinary for name, how in INPUTS.items()}
    worst = max(costs, key=costs.get)
    seen("the worst legal input", f"{worst}: {costs[worst]:.1f} times the CPU of an ordinary client for each byte",
         "nothing but 200")
    assert max(costs.values()) < MOST, costs


@pytest.mark.parametrize("begins", [b"GET / HTTP/1.1\r\nHost: a\r\nX-Some-Field: that is not sent to its end",
                                    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nand a body"],
                         ids=["in the head", "in the body"])
def test_ten_thousand_connections_cost_memory_for_their_bytes(sweetspot, seen, begins):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTIONS + 1000:
        pytest.skip(f"a process may open {hard} files here, too few for {CONNECTIONS} connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        backend = stack.enter_context(sweetspot.backend("--model", "sleep", "--service-time", "1ms"))
        sidecar = stack.enter_context(sweetspot.sidecar(
            backend.ready["listen"], "--downstream.header_timeout", "5m", "--downstream.stall_timeout", "5m"))
        ask(sidecar)
        before, cpu = memory(sidecar.pid), cpu_seconds(sidecar.pid)
        crowd = [stack.enter_context(connect(sidecar)) for _ in range(CONNECTIONS - 2)]
        for connection in crowd:
            connection.sendall(begins)
        ask(sidecar)  # it has got round to all of them
        grown, used = memory(sidecar.pid) - before, cpu_seconds(sidecar.pid) - cpu
        for connection in crowd:
            connection.close()
        until(lambda: len(list(pathlib.Path(f"/proc/{sidecar.pid}/fd").iterdir())) < 100, what="connections gone")
        ask(sidecar)
    each = grown / len(crowd)
    seen(f"{CONNECTIONS} connections that stop {'in the head' if begins.startswith(b'GET') else 'in the body'}",
         f"{each:.0f} bytes of memory and {used / len(crowd) * 1e6:.0f} µs of CPU each", "nothing but 200")
    assert each < MOST * (HANDSHAKE + PACKET + len(begins))


def ask(sidecar):
    with connect(sidecar) as connection:
        connection.sendall(ORDINARY)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
