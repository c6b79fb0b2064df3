"""Both ends of the proxy, byte by byte: an origin that keeps what it is sent, and a client."""

import contextlib
import socket
import struct
import threading

import message

PATIENCE = 10
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Origin:
    """Keeps the bytes of each connection, and answers each whole request with `answer`. An answer
    may be bytes, InParts, or a function of the message; None closes the connection."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._open = set()
        self.forget()
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self, answer=OK):
        """Begins anew: nothing was received, and this is the answer from now on."""
        with self._changed:
            self.received, self.requests, self.malformed = [], [], []
            self.answer = answer

    def close(self):
        self._listener.close()
        self.drop()

    def answer_now(self, answer):
        """Whatever of a request has come."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.sendall(answer)

    def drop(self):
        """Closes the connections that are open, so that the next request comes on a new one."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, condition):
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), "the origin waited in vain"

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self._open.add(connection)
        try:
            with connection, contextlib.suppress(OSError):
                self._converse(connection)
        finally:
            self._open.discard(connection)

    def _converse(self, connection):
        data = b""
        while got := connection.recv(1 << 16):
            if b"sweetspot-doctor" in got:  # asked by the sidecar itself, as it starts
                return connection.sendall(OK)
            data += got
            with self._changed:
                self.received.append(got)
                self._changed.notify_all()
            try:
                requests, data = message.read_all(data, True)
            except message.Malformed as problem:
                with self._changed:
                    self.malformed.append((problem, data))
                return
            for request in requests:
                if not self._reply(connection, request):
                    return

    def _reply(self, connection, request):
        with self._changed:
            self.requests.append(request)
            answer = self.answer
            self._changed.notify_all()
        if callable(answer):
            answer = answer(request)
        if answer is None:
            return False
        if isinstance(answer, bytes):
            answer = InParts([answer])
        for i, part in enumerate(answer.parts):
            if i > 0:
                answer.between()
            connection.sendall(part)
        if answer.resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return not answer.ends


class InParts:
    """An answer that is sent part by part. `ends`: then the origin closes; `resets`: and abruptly."""

    def __init__(self, parts, between=lambda: None, ends=False, resets=False):
        self.parts, self.between, self.ends, self.resets = parts, between, ends or resets, resets


def ending(data, resets=False):
    return InParts([data], ends=True, resets=resets)


class Client:
    def __init__(self, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def read_to_end(self):
        """All that comes until the end, and whether that was a reset."""
        data = b""
        try:
            while got := self.socket.recv(1 << 16):
                data += got
        except ConnectionResetError:
            return data, True
        return data, False


def exchange(address, data):
    """What a client is answered that sends `data` and then ends its sending."""
    with Client(address) as client:
        with contextlib.suppress(OSError):  # it may have been refused, and reset, meanwhile
            client.send(data)
            client.end()
        return client.read_to_end()


def let_the_proxy_read(address):
    """Returns once the proxy has seen all that was sent to it before: it serves in turn, and has
    answered somebody who came later."""
    exchange(address, b"\r\n")
