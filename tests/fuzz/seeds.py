"""Writes the fuzzers' seeds, one file each, from the cases of the conformance suite and, where they
are at hand, llhttp's:   seeds.py FOLDER"""

import hashlib
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

import cases  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = pathlib.Path(os.environ.get("SWEETSPOT_CORPORA", ROOT.parent / "shared/corpora"), "llhttp_cases.json")
LARGEST = 4096

ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n0\r\nX: 1\r\n\r\n",
    b"HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nConnection: close, x\r\nX: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n",
]


def requests():
    for case in cases.ALL.values():
        yield case.sends
    if CORPUS.exists():
        for case in json.loads(CORPUS.read_text()):
            yield bytes.fromhex(case["raw"])


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        if len(seed) <= LARGEST:
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


CONFIGURATIONS = [
    b"upstream: 127.0.0.1:8000\nlimit: {initial: io, max: 200}\nqueue: {size: 500, timeout: 2s}\n",
    b"tuner:\n  objective: latency\n  p99_bound: 50ms\nbypass: {paths: [/healthz]}\n",
    b"limit: &l {max: 9}\nqueue: *l\n", b"a: [1\n", b"mode: shadow\nmode: off\n", b"limit:\n  pin: 99999999999999999999\n",
]
STATE = (b"sweetspot state 3\nlimit 8\nsaved_unix_ms 1700000000000\nupstream 127.0.0.1:8081\nobjective balanced\n"
         b"cpus 2\ncpu_quota none\ncpu_model x\nupstream_version \n")  # the checksum is put behind it
POINTS = b"point 4 1700000000000 900 199.5 3.75 20000000 21000000\npoint 8 1700000000000 1800 392 7.8 20000000 26000000\n"
HEADER = b"sweetspot-windows 1 1 0 sweetspot balanced - - 8 1 100 - 0 0 0.05 0.01\n"
RECORDING = (HEADER +
             b"w 100000000 8 1 100000000 60 0 0 0 0.8 0.1 90000000 0.5 100:60\n"
             b"v 100000000 1 8 8 start start at 8: the start size, before any evidence\n"
             b"pin 200000000 4\nunpin 210000000\nobjective 220000000 latency 20000000\n"
             b"bounds 230000000 2 40\nturn 240000000 1 ours\nretune 300000000\n")
WINDOWS = [(f"w {at * 100000000} {limit} 1 100000000 {done} 0 0 {at % 3} {limit * 0.09:.3f} 0.4 90000000 0.5 "
            f"{100 + limit}:{done - 3} {140 + limit}:3\n").encode()
           for at, limit in enumerate([8] * 12 + [10, 8, 12, 8] * 8, 1) for done in [30 + 3 * min(limit, 10)]]


def call(method, *fields):
    """One call of fuzz_control: fields are (number, value), numbers as varints, texts with their length."""
    message = b""
    for number, value in fields:
        if isinstance(value, bytes):
            message += bytes([number << 3 | 2, len(value)]) + value
        else:
            message += bytes([number << 3]) + varint(value)
    return bytes([method, len(message)]) + message


def varint(value):
    head = b""
    while value > 127:
        head, value = head + bytes([value & 127 | 128]), value >> 7
    return head + bytes([value])


CALLS = [call(0), call(1, (1, 10)), call(5, (1, b"limit: {max: 9}")), call(6, (1, b"limit: {max: 9}"), (2, b"why")),
         call(7, (1, 12), (2, b"why"), (3, b"id-1"), (4, 5000)), call(8, (1, b"why")), call(9, (1, 1), (2, b"back")),
         call(10, (1, 2), (2, 40)), call(11), call(12), call(13), call(14, (1, b"throughput")), call(15, (1, b"shadow"))]
PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
PROXY_HEADERS = [
    b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET", b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n",
    b"PROXY UNKNOWN\r\n", b"PROXY TCP4 192.0.2.300 a\r\n", PROXY_V2 + b"\x20\x00\x00\x00",
    PROXY_V2 + b"\x21\x11\x00\x0c" + bytes(range(12)) + b"GET", PROXY_V2 + b"\x21\x21\x00\x24" + bytes(36),
    PROXY_V2 + b"\x21\x31\x00\xd8" + bytes(216), PROXY_V2 + b"\x21\x11\x00\x04" + bytes(4),
]
TARGETS = [
    b"# a comment\nhttp://h/a\nPUT /b\n2.5 GET /c\r\n",
    b'{"url": "/d", "weight": 3, "method": "POST", "headers": ["A: b"], "body": "x"}\n',
    b'{"url": "/d", "body_file": "b"}\n{"url": 1}\n', b"a b c d\n", b"0 GET /\n", b'{"weight": "x"',
]


def admission_reviews():
    """Pods and what makes pods, as the API server would ask about them."""
    pod = {"metadata": {"name": "api-1", "labels": {"app": "api"}, "annotations": {"sweetspot/limit": "8"}},
           "spec": {"containers": [{"name": "api", "image": "api:1", "ports": [{"name": "http", "containerPort": 3000}],
                                    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}}}]}}
    objects = [{"kind": "Pod", **pod}, {"kind": "Deployment", "metadata": {"name": "w"}, "spec": {"template": pod}},
               {"kind": "CronJob", "metadata": {}, "spec": {"jobTemplate": {"spec": {"template": pod}}}}, {"kind": "Service"}]
    for made in objects:
        yield json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                          "request": {"uid": "u", "operation": "CREATE", "namespace": "shop", "object": made}}).encode()


def main(folder):
    write(folder / "control", [*CALLS, b"".join(CALLS)])
    write(folder / "proxy_header", PROXY_HEADERS)
    write(folder / "targets", TARGETS)
    write(folder / "webhook", list(admission_reviews()))
    write(folder / "config", CONFIGURATIONS)
    write(folder / "state", [STATE + b"curve 0\n", STATE + b"curve 2\n" + POINTS])
    write(folder / "recording", [RECORDING, HEADER + b"".join(WINDOWS), *RECORDING.splitlines(keepends=True)])
    asked = list(requests())
    write(folder / "head", [b"r\x20" + one for one in asked])
    write(folder / "head", [kind + b"\x20" + one for one in ANSWERS for kind in (b"a", b"h")])
    plays = [one + b"\xffU" + ANSWERS[i % len(ANSWERS)] + b"\xffC" for i, one in enumerate(asked)]
    plays += [cases.GET + b"\r\n\xffU" + one + end + b"\xffN\xffC" + cases.NEXT for one in ANSWERS for end in (b"\xffu", b"\xffR", b"\xffr")]
    write(folder / "session", plays)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
