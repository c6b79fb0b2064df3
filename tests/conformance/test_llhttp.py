"""The request cases of nodejs/llhttp, where they are at hand. The verdicts are ours, from the RFCs:
the names of those that differ from llhttp's come with the section.

A verdict is what must become of the bytes once each request that lacks a Host has one:
how many requests reach the origin, and with which status it ends. As they are, without Host,
nothing may reach it (RFC 9112, section 3.2)."""

import collections
import json
import os
import pathlib
import re

import pytest

from wire import exchange

FILE = pathlib.Path(os.environ.get("SWEETSPOT_CORPORA", pathlib.Path(__file__).resolve().parents[3] / "shared/corpora"),
                    "llhttp_cases.json")
CASES = json.loads(FILE.read_text()) if FILE.exists() else []
needs_cases = pytest.mark.skipif(not CASES, reason=f"{FILE} is absent")

NOTHING = (0, None)  # it ends before it is whole: no request, whatever is answered
ONE = (1, None)


def no(status=400):
    return (0, status)


VERDICTS = {
    "connection": [ONE, (2, None), ONE, ONE,
                   (1, 400),  # an empty line between requests: refused, as RFC 9112, section 2.2, leaves open
                   ONE, ONE, ONE, no(), ONE, no(), no(), no(), ONE, ONE, ONE, ONE],
    "content-length": [ONE, ONE, NOTHING, NOTHING, no(), no(), no(), no(), ONE, NOTHING, NOTHING, no(), no(), no(), no(),
                       NOTHING, NOTHING, NOTHING],
    "finish": [ONE, NOTHING, NOTHING],
    "invalid": [no(), no(), no(), ONE, no(), no(), NOTHING, NOTHING, no(), no(), no(), no(), no(),
                ONE,  # a method is any token, RFC 9110, section 9.1
                no(), no(), no(),
                (2, None),  # a backslash and an n are visible characters, RFC 9110, section 5.5
                NOTHING, NOTHING, NOTHING, NOTHING, no(), no()],
    "lenient-header-value-relaxed": [no(), no(), no(), no(), NOTHING],
    "lenient-headers": [no(), (1, 400), no(), no()],
    "lenient-version": [no(505)],
    "method": [ONE,
               no(501), no(501), no(501),  # CONNECT: not ours to open, RFC 9110, section 15.6.2
               no(),  # only OPTIONS has an asterisk, RFC 9112, section 3.2.4
               ONE, ONE, ONE, ONE, ONE, ONE,
               no(), no(), no(),  # ICE and RTSP are not HTTP, RFC 9112, section 2.3
               no(), ONE],
    "pausing": [ONE] * 13,
    "pipelining": [(1, 400)],  # as above: an empty line between requests
    "sample": [ONE] * 8 + [no(),  # an empty line first
                           no(),  # no version: HTTP/0.9 is not spoken, RFC 9112, section 3
                           no(), NOTHING, NOTHING, NOTHING, no(), ONE, ONE, no()],
    "transfer-encoding": [NOTHING, ONE, ONE, ONE, ONE, ONE, NOTHING, no(), no(), NOTHING, NOTHING, no(501)] + [no()] * 19,
    "uri": [ONE, ONE, (1, 400), ONE, ONE, ONE, no(),
            no(),  # a fragment is no part of a target, RFC 9112, section 3.2
            no(501),
            no(),  # nor is a user, RFC 9110, section 4.2.4
            no()],
}


def by_file():
    files = collections.defaultdict(list)
    for case in CASES:
        files[pathlib.PurePath(case["file"]).stem].append(case)
    return files


def numbered():
    return [pytest.param(case, verdict, id=f"{stem}-{i}") for stem, cases in by_file().items()
            for i, (case, verdict) in enumerate(zip(cases, VERDICTS.get(stem, [])))]


@needs_cases
def test_there_is_a_verdict_for_each():
    assert {stem: len(cases) for stem, cases in by_file().items()} == {stem: len(v) for stem, v in VERDICTS.items()}


@needs_cases
@pytest.mark.parametrize("case, verdict", numbered())
def test_with_a_host(case, verdict, origin, proxy):
    raw = bytes.fromhex(case["raw"])
    if not re.search(rb"^host:", raw, re.I | re.M):
        raw = re.sub(rb" HTTP/(\d\.\d)\r\n", rb" HTTP/\1\r\nHost: a.test\r\n", raw)
    answer, _ = exchange(proxy, raw)
    count, status = verdict
    assert len(origin.requests) == count, (case["title"], answer)
    assert answer.count(b"HTTP/1.1 200 ") == count
    if verdict == NOTHING:
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    elif status:
        assert re.findall(rb"HTTP/1\.1 (\d+) ", answer)[-1] == b"%d" % status, case["title"]


@needs_cases
@pytest.mark.parametrize("case, verdict", numbered())
def test_without_one(case, verdict, origin, proxy):
    raw = bytes.fromhex(case["raw"])
    if re.search(rb"^host:", raw, re.I | re.M) or b" HTTP/1.0\r\n" in raw:
        pytest.skip("has one, or needs none")
    answer, _ = exchange(proxy, raw)
    assert origin.received == [], case["title"]
    assert re.fullmatch(rb"(HTTP/1\.1 (4|5)\d\d .*)?", answer, re.S)
