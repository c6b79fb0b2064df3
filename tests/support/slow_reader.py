"""A client that asks for much and hardly reads it."""

import contextlib
import socket
import threading


class SlowReader(threading.Thread):
    """Asks for 100 MB and reads a thousand bytes a second of it, until it is cut off or told to end."""

    def __init__(self, address):
        super().__init__()
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.connect((host, int(port)))
        self.socket.sendall(b"GET /?bytes=100000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        self.ended = threading.Event()
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while not self.ended.wait(0.1) and self.socket.recv(100):
                pass

    def stop(self):
        self.ended.set()
        self.join()
        self.socket.close()


@contextlib.contextmanager
def slow_readers(address, count):
    readers = []
    try:
        for _ in range(count):
            readers.append(SlowReader(address))
        yield readers
    finally:
        for reader in readers:
            reader.stop()
