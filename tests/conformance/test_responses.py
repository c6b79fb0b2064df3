"""What an origin may answer, and what a client must be told of it."""

import dataclasses
import threading

import pytest

import message
from cases import GET, H
from wire import PATIENCE, Client, InParts, ending, exchange

HEAD = b"HEAD / HTTP/1.1\r\n" + H + b"\r\n"
OLD = b"GET / HTTP/1.0\r\n" + H + b"\r\n"
ASK = GET + b"\r\n"
LINE = b"HTTP/1.1 200 OK\r\n"
CLOSE = b"Connection: close\r\n"


@dataclasses.dataclass(frozen=True)
class Case:
    cites: str
    answer: object
    gets: bytes = None      # the answers, byte for byte but for the order of fields
    ask: bytes = ASK
    status: int = 200       # where `gets` is not given: our own
    truncated: bool = False  # what the client gets must not look whole
    ends: bool = False      # with the connection


def as_it_is(cites, answer, **more):
    return Case(cites, answer, answer, **more)


def bad(cites, answer, **more):
    return Case(cites, answer, status=502, **more)


def chunked(data, line=LINE):
    return line + b"Transfer-Encoding: chunked\r\n\r\n" + data


CASES = {
    # RFC 9112, section 6.3: how the end of a body is known.
    "length": as_it_is("9112 6.3", LINE + b"Content-Length: 5\r\n\r\nhello"),
    "length_0": as_it_is("9112 6.3", LINE + b"Content-Length: 0\r\n\r\n"),
    "leading_zeros": Case("9112 6.3", LINE + b"Content-Length: 005\r\n\r\nhello", LINE + b"Content-Length: 5\r\n\r\nhello"),
    "chunks": as_it_is("9112 7.1", chunked(b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n")),
    "chunk_extensions": Case("9112 7.1.1", chunked(b"4;a=\"b\"\r\nWiki\r\n0;c\r\n\r\n"), chunked(b"4\r\nWiki\r\n0\r\n\r\n")),
    "trailers": as_it_is("9110 6.5", chunked(b"4\r\nWiki\r\n0\r\nX-Check: 1\r\n\r\n")),
    "forbidden_trailer": Case("9110 6.5.1", chunked(b"1\r\nx\r\n0\r\nContent-Length: 9\r\nSet-Cookie: a\r\nX: 1\r\n\r\n"),
                              chunked(b"1\r\nx\r\n0\r\nX: 1\r\n\r\n")),
    "until_close": Case("9112 6.3", ending(LINE + b"\r\nhello"), LINE + CLOSE + b"\r\nhello", ends=True),
    "head_with_length": as_it_is("9110 9.3.2", LINE + b"Content-Length: 5\r\n\r\n", ask=HEAD),
    "head_with_length_with_leading_zeros": Case("9110 8.6", LINE + b"Content-Length: 0005\r\n\r\n",
                                                LINE + b"Content-Length: 5\r\n\r\n", ask=HEAD),
    "not_modified_with_length_with_leading_zeros": Case(
        "9110 8.6", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 00\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"),
    "head_with_coding": Case("9110 9.3.2", LINE + b"Transfer-Encoding: chunked\r\nX: 1\r\n\r\n", LINE + b"X: 1\r\n\r\n", ask=HEAD),
    "head_without_either": as_it_is("9110 9.3.2", LINE + b"X: 1\r\n\r\n", ask=HEAD),
    "204": as_it_is("9112 6.3", b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n"),
    "204_with_length": Case("9110 8.6", b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304_with_length": as_it_is("9110 15.4.5", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    "no_reason": as_it_is("9112 4", b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
    "any_status": as_it_is("9110 15", b"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n"),
    "of_1_0": Case("9112 2.3", ending(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), LINE + b"Content-Length: 2\r\n\r\nok"),
    "obs_text": as_it_is("9110 5.5", LINE + b"X: \xe4\xff\r\nContent-Length: 0\r\n\r\n"),
    "equal_names": as_it_is("9110 5.3", LINE + b"Set-Cookie: a\r\nX: 1\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"),
    "hop_by_hop": Case("9110 7.6.1", LINE + b"Connection: x, keep-alive\r\nX: 1\r\nKeep-Alive: timeout=9\r\nY: 2\r\nContent-Length: 0\r\n\r\n",
                       LINE + b"Y: 2\r\nContent-Length: 0\r\n\r\n"),
    # RFC 9110, section 15.2.
    "interim": as_it_is("9110 15.2", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + LINE +
                        b"Content-Length: 2\r\n\r\nok"),
    "interim_for_1_0": Case("9110 15.2", b"HTTP/1.1 103 Early Hints\r\n\r\n" + LINE + b"Content-Length: 2\r\n\r\nok",
                            LINE + b"Content-Length: 2\r\n" + CLOSE + b"\r\nok", ask=OLD, ends=True),
    "unasked_100": Case("9110 10.1.1", b"HTTP/1.1 100 Continue\r\n\r\n" + LINE + b"Content-Length: 2\r\n\r\nok",
                        LINE + b"Content-Length: 2\r\n\r\nok"),
    # To a client of HTTP/1.0.
    "chunks_for_1_0": Case("9112 7.1", chunked(b"4\r\nWiki\r\n5\r\npedia\r\n0\r\nX: 1\r\n\r\n"), LINE + CLOSE + b"\r\nWikipedia",
                           ask=OLD, ends=True),
    # What cannot be told apart safely becomes 502.
    "unasked_101": bad("9110 15.2.2", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
    "length_and_coding": bad("9112 6.3", LINE + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "two_lengths": bad("9112 6.3", LINE + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    "listed_lengths": bad("9112 6.3", LINE + b"Content-Length: 3, 3\r\n\r\nabc"),
    "bad_length": bad("9112 6.3", LINE + b"Content-Length: +3\r\n\r\nabc"),
    "unknown_coding": bad("9112 6.1", LINE + b"Transfer-Encoding: gzip\r\n\r\nabc"),
    "chunked_of_1_0": bad("9112 6.1", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "folded": bad("9112 5.2", LINE + b"X: 1\r\n 2\r\nContent-Length: 0\r\n\r\n"),
    "connection_option_that_is_no_token": bad("9110 7.6.1", LINE + b"Connection: x y\r\nContent-Length: 0\r\n\r\n"),
    "bare_lf": bad("9112 2.2", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    "bare_cr": bad("9112 2.2", LINE + b"X: 1\rY: 2\r\nContent-Length: 0\r\n\r\n"),
    "nul": bad("9110 5.5", LINE + b"X: \0\r\nContent-Length: 0\r\n\r\n"),
    "space_before_colon": bad("9112 5.1", LINE + b"Content-Length : 0\r\n\r\n"),
    "not_http": bad("9112 4", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "version_2": bad("9112 2.3", b"HTTP/2.0 200 OK\r\n\r\n"),
    "status_of_two_digits": bad("9112 4", b"HTTP/1.1 99 OK\r\nContent-Length: 0\r\n\r\n"),
    "status_of_four_digits": bad("9112 4", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    "status_below_100": bad("9110 15", b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
    "head_too_large": bad("9110 15.6.3", LINE + b"X: " + b"x" * 70000 + b"\r\n\r\n"),
    "nothing": bad("9112 8", ending(b"")),
    "part_of_a_head": bad("9112 8", ending(LINE + b"Content-Le")),
    # What breaks off must not look whole (RFC 9112, section 8).
    "length_breaks_off": Case("9112 8", ending(LINE + b"Content-Length: 5\r\n\r\nhel"), truncated=True),
    "chunks_break_off": Case("9112 8", ending(chunked(b"4\r\nWiki\r\n")), truncated=True),
    "chunks_break_off_in_data": Case("9112 8", ending(chunked(b"4\r\nWi")), truncated=True),
    "chunks_break_off_at_the_end": Case("9112 8", ending(chunked(b"4\r\nWiki\r\n0\r\n")), truncated=True),
    "chunks_break_off_in_trailers": Case("9112 8", ending(chunked(b"4\r\nWiki\r\n0\r\nX: 1\r\n")), truncated=True),
    "chunks_turn_malformed": Case("9112 7.1", chunked(b"4\r\nWiki\r\nx\r\n"), truncated=True),
    "until_close_is_reset": Case("9112 8", ending(LINE + b"\r\nhello", resets=True), truncated=True),
    "chunks_break_off_for_1_0": Case("9112 8", ending(chunked(b"4\r\nWiki\r\n")), ask=OLD, truncated=True),
    # What follows an answer is nobody's.
    "more_than_the_length": Case("9112 9.2", LINE + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
                                 LINE + b"Content-Length: 2\r\n\r\nok"),
    "two_answers": Case("9112 9.2", 2 * (LINE + b"Content-Length: 2\r\n\r\nok"), LINE + b"Content-Length: 2\r\n\r\nok"),
    "body_after_head_request": Case("9110 9.3.2", LINE + b"Content-Length: 5\r\n\r\nhello", LINE + b"Content-Length: 5\r\n\r\n", ask=HEAD),
}


def whole(data, ended, ask):
    return message.read_all(data, False, ended=ended, answers_head=ask == HEAD)


@pytest.mark.parametrize("name", CASES)
def test_what_a_client_is_told_of(name, origin, proxy):
    case = CASES[name]
    origin.forget(case.answer)
    got, was_reset = exchange(proxy, case.ask)
    if case.truncated:
        is_whole = False
        if not was_reset:
            messages, rest = whole(got, True, case.ask)
            is_whole = messages and rest == b"" and messages[-1].line.endswith(b"200 OK")
        assert not is_whole, got
    elif case.gets is None:
        assert got.startswith(b"HTTP/1.1 %d " % case.status), got
        assert got.count(b"HTTP/1.1 ") == 1
    else:
        messages, rest = whole(got, case.ends, case.ask)
        wanted, _ = whole(case.gets, case.ends, case.ask)
        assert ([m.meaning() for m in messages], rest) == ([m.meaning() for m in wanted], b"")
    if case.gets and not case.ends:
        assert not was_reset


def test_an_answer_that_comes_early_ends_the_body(origin, proxy):
    """RFC 9112, section 9.5: the rest of the request is not wanted, and its connection not used again."""
    whole_body = b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 10000000\r\n\r\n" + b"x" * 200000
    with Client(proxy) as client:
        client.send(whole_body[:100000])
        origin.wait_for(lambda: sum(map(len, origin.received)) > 50000)
        origin.answer_now(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        got, _ = client.read_to_end()
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in got


def test_parts_are_passed_on_as_they_come(origin, proxy):
    """An event stream must not wait for its end."""
    first_is_here = threading.Event()
    origin.forget(InParts([chunked(b"4\r\nWiki\r\n"), b"0\r\n\r\n"], lambda: first_is_here.wait(PATIENCE)))
    with Client(proxy) as client:
        client.send(ASK)
        client.end()
        first = client.socket.recv(1000)
        first_is_here.set()
        rest, _ = client.read_to_end()
    assert first.startswith(LINE)
    assert (first + rest).endswith(b"4\r\nWiki\r\n0\r\n\r\n")
