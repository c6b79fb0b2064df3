"""A server on loopback that does to every connection what a function says, then closes it."""

import contextlib
import socket
import threading


class Peer:
    """One connection, as the function sees it."""

    def __init__(self, connection):
        self.connection = connection
        self._bytes = b""

    def request(self):
        """The next request, head and body; nothing where the client has left."""
        while b"\r\n\r\n" not in self._bytes:
            if not self._more():
                return None
        head, _, self._bytes = self._bytes.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", 0))
        while len(self._bytes) < length:
            if not self._more():
                return None
        body, self._bytes = self._bytes[:length], self._bytes[length:]
        return head.decode() + "\r\n\r\n" + body.decode()

    def answer(self, status="200 OK", *fields, body=""):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", body]
        self.connection.sendall("\r\n".join(lines).encode())

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def wait_until_left(self):
        while self._more():
            pass

    def _more(self):
        try:
            received = self.connection.recv(65536)
        except OSError:
            return False
        self._bytes += received
        return bool(received)


@contextlib.contextmanager
def scripted(script):
    """Yields HOST:PORT."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            script(Peer(connection))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield "%s:%d" % listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
