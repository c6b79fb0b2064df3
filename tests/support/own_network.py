"""Networks of a test's own, in namespaces that end with it. Nothing of the machine's is touched."""

import concurrent.futures
import ctypes
import os
import pathlib
import socket
import struct
import subprocess
import threading

NEWNS, NEWNET = 0x00020000, 0x40000000  # linux/sched.h


def missing():
    """Why there can be none here; nothing where there can be."""
    if os.geteuid() != 0:
        return "namespaces of its own need root"
    done = subprocess.run(["unshare", "-n", "-m", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there"],
                          capture_output=True, text=True)
    return None if done.returncode == 0 else f"no namespaces with a link here: {done.stderr.strip()}"


def no_mounts():
    """Why nothing can be mounted in a namespace of its own here; nothing where it can be."""
    if os.geteuid() != 0:
        return "mounts of its own need root"
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    return None if done.returncode == 0 else f"no mounts of its own here: {done.stderr.strip()}"


class Network:
    """A network with nothing but loopback, and files of /etc of its own. run() has its work done by a
    thread in it; the threads and programs that this work starts live in it, too."""

    def __init__(self, etc=None):
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self.thread_id = None
        self.run(self._enter, etc or {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._thread.shutdown()

    def run(self, work, *arguments):
        if threading.get_native_id() == self.thread_id:
            return work(*arguments)
        return self._thread.submit(work, *arguments).result()

    def _enter(self, etc):
        if ctypes.CDLL(None, use_errno=True).unshare(NEWNET | NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no namespaces here")
        self.thread_id = threading.get_native_id()
        call("ip", "link", "set", "lo", "up")
        call("mount", "--make-rprivate", "/")
        for name, path in etc.items():
            call("mount", "--bind", path, pathlib.Path("/etc", name))

    def connect(self, other, own, others):
        """A link to another network; its end here is the device `wire`."""
        self.run(call, "ip", "link", "add", "name", "wire", "type", "veth", "peer", "name", "wire", "netns", other.thread_id)
        for network, address in ((self, own), (other, others)):
            network.run(call, "ip", "address", "add", f"{address}/24", "dev", "wire")
            network.run(call, "ip", "link", "set", "wire", "up")

    def set_link(self, state):
        self.run(call, "ip", "link", "set", "wire", state)


def call(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


class Resolver(threading.Thread):
    """A name server: answers each question for an A record with `addresses`; without any it fails."""

    ADDRESS = "127.0.0.53"

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.ADDRESS, 53))
        self.addresses, self.asked = [], 0

    def run(self):
        while True:
            query, client = self.socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack("!H", query[end - 4:end - 2])[0]
            self.asked += 1
            answers = self.addresses if kind == 1 else []
            code = 0 if self.addresses else 2
            head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(answers), 0, 0)
            records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(a) for a in answers)
            self.socket.sendto(head + query[12:end] + records, client)


def resolved_by_test(folder):
    """Files of /etc by which Resolver is the only one that is asked."""
    texts = {"resolv.conf": f"nameserver {Resolver.ADDRESS}\noptions timeout:1 attempts:1\n",
             "nsswitch.conf": "hosts: files dns\n"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return {name: folder / name for name in texts}
