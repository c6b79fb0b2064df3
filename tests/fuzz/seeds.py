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
STATE = (b"sweetspot-state 2\nlimit 8\nsaved_unix_ms 1700000000000\nupstream 127.0.0.1:8081\nobjective balanced\n"
         b"cpus 2\ncpu_quota none\ncpu_model x\nupstream_version\ncrc32 00000000\n")
RECORDING = (b"sweetspot-windows 1 sweetspot balanced - - 8 1 100 - 0 0.05 0.01 0\n"
             b"w 100000000 8 1 100000000 60 0 0 0 0.8 0.1 0.9 0.5 100:60\npin 4 200000000\nretune 300000000\n")


def main(folder):
    write(folder / "config", CONFIGURATIONS)
    write(folder / "state", [STATE])
    write(folder / "recording", [RECORDING, *RECORDING.splitlines(keepends=True)])
    asked = list(requests())
    write(folder / "head", [b"r\x20" + one for one in asked])
    write(folder / "head", [kind + b"\x20" + one for one in ANSWERS for kind in (b"a", b"h")])
    plays = [one + b"\xffU" + ANSWERS[i % len(ANSWERS)] + b"\xffC" for i, one in enumerate(asked)]
    plays += [cases.GET + b"\r\n\xffU" + one + end + b"\xffN\xffC" + cases.NEXT for one in ANSWERS for end in (b"\xffu", b"\xffR", b"\xffr")]
    write(folder / "session", plays)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
