"""Clients that note how every single request of theirs ended."""

import bisect
import collections
import socket
import threading
import time

Answer = collections.namedtuple("Answer", "at seconds method status reason id")


class Clients:
    """Sends GETs and POSTs in turn, each with an X-Id of its own, over keep-alive connections.

    A status of 0 is a request that was sent and never completely answered; `refused` counts
    connections that could not be made.
    """

    def __init__(self, address, count):
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))
        self.answers, self.refused = [], 0
        self._good = []  # when each answer with 200 came, in order
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(t.is_alive() for t in self._threads), "a client hangs"

    def good_since(self, moment):
        with self._lock:
            return len(self._good) - bisect.bisect_left(self._good, moment)

    def _run(self, number):
        connection, n = None, 0
        while not self._stopping.is_set():
            if connection is None:
                try:
                    connection = socket.create_connection(self.target, timeout=10)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                except OSError:
                    with self._lock:
                        self.refused += 1
                    self._stopping.wait(0.02)
                    continue
            n += 1
            if not self._exchange(connection, f"{number}-{n}", "GET" if n % 2 else "POST"):
                connection.close()
                connection = None
        if connection:
            connection.close()

    def _exchange(self, connection, name, method):
        """Sends one request and notes its answer; True where the connection may carry another."""
        body = b"x" * 100 if method == "POST" else b""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} /work HTTP/1.1\r\nHost: test\r\nX-Id: {name}\r\n{length}\r\n".encode()
        start = time.monotonic()
        status, fields = 0, {}
        try:
            connection.sendall(head + body)
            status, fields = read_answer(connection)
        except (OSError, ValueError):
            pass
        with self._lock:
            end = time.monotonic()
            if status == 200:
                self._good.append(end)
            self.answers.append(Answer(end, end - start, method, status,
                                       fields.get("x-sweetspot-reason", ""), name.encode()))
        if status in (429, 503):
            self._stopping.wait(0.02)
        return status != 0 and fields.get("connection", "") != "close"


def read_answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ValueError("closed in the head")
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    missing = int(fields["content-length"]) - len(rest)
    while missing > 0:
        more = connection.recv(65536)
        if not more:
            raise ValueError("closed in the body")
        missing -= len(more)
    return int(lines[0].split(" ")[1]), fields
