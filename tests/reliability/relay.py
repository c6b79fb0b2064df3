"""A TCP relay between the sidecar and its backend that can be told to misbehave as networks and
backends do. Each new fault applies at once to every open connection and to those that follow."""

import contextlib
import socket
import struct
import threading
import time

FAULTS = ("none", "delay", "trickle", "cut", "reset", "garbage", "half", "silent", "closing")
DROPPING = ("reset", "closing")  # these end what is open and whatever comes


class Relay:
    """Listens on one address; `fault` is one of FAULTS. Counts every request head by its X-Id."""

    def __init__(self, target, host="127.0.0.1"):
        self.target = target
        self.fault = "none"
        self.sent = {}  # X-Id: how often a request with it was passed on
        self.reached = set()  # the addresses of ours that were connected to
        self._lock = threading.Lock()
        self._open = set()
        self._flowing = threading.Event()  # while clear, bytes stay where they are, as on a dead link
        self._flowing.set()
        self._listener = socket.create_server((host, 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.address = f"{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, fault):
        assert fault in FAULTS
        self.fault = fault
        if fault in DROPPING:
            self._drop_all(hard=fault == "reset")
        if fault == "cut":
            self._flowing.clear()
        else:
            self._flowing.set()

    def close(self):
        self._flowing.set()
        self._listener.close()
        self._drop_all(hard=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _drop_all(self, hard):
        with self._lock:
            for connection in self._open:
                drop(connection, hard)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.fault in DROPPING:
                drop(connection, hard=self.fault == "reset")
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, downstream):
        downstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            upstream = socket.create_connection(self.target, timeout=5)
        except OSError:
            drop(downstream, hard=True)
            downstream.close()
            return
        upstream.settimeout(None)
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {downstream, upstream}
            self.reached.add(downstream.getsockname()[0])
        back = threading.Thread(target=self._answers, args=(upstream, downstream), daemon=True)
        back.start()
        self._requests(downstream, upstream)
        back.join()
        with self._lock:
            self._open -= {downstream, upstream}
        downstream.close()
        upstream.close()

    def _requests(self, downstream, upstream):
        with contextlib.suppress(OSError):
            while data := downstream.recv(65536):
                for line in data.split(b"\r\n"):
                    if line.lower().startswith(b"x-id: "):
                        with self._lock:
                            self.sent[line[6:]] = self.sent.get(line[6:], 0) + 1
                self._flowing.wait()
                if self.fault != "silent":
                    upstream.sendall(data)
        with contextlib.suppress(OSError):
            upstream.shutdown(socket.SHUT_WR)

    def _answers(self, upstream, downstream):
        with contextlib.suppress(OSError):
            while data := upstream.recv(65536):
                self._flowing.wait()
                if not self._pass_on(data, downstream):
                    break
        with contextlib.suppress(OSError):
            downstream.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            upstream.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, data, downstream):
        """Hands an answer on as the fault has it; False where the connection is to end."""
        if self.fault == "delay":
            time.sleep(0.15)
        if self.fault == "garbage":
            downstream.sendall(b"\x16\x03\x01 this is no HTTP \x00\xff\r\n\r\n")
            return False
        if self.fault == "half":
            downstream.sendall(data[: len(data) - 3])
            return False
        if self.fault == "silent":
            return True
        if self.fault == "trickle":
            for byte in data:
                downstream.sendall(bytes([byte]))
                time.sleep(0.0005)
            return True
        downstream.sendall(data)
        return True


def drop(connection, hard):
    """Ends a connection that another thread may be reading: with a reset, or in order."""
    with contextlib.suppress(OSError):
        if hard:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
