"""A message says the same wherever the network cut it."""

import pytest

import message
from cases import GET, H, NEXT, POST, chunked
from wire import Client, InParts, exchange, let_the_proxy_read

REQUESTS = {
    "get": (GET + b"X: 1\r\n\r\n",) * 2,
    "absolute": (b"GET http://b.test/p HTTP/1.1\r\n" + H + b"\r\n", b"GET /p HTTP/1.1\r\nHost: b.test\r\n\r\n"),
    "length": (POST + b"Content-Length: 5\r\n\r\nhello",) * 2,
    "chunks": (chunked(b"4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nX: 1\r\n\r\n"), chunked(b"4\r\nWiki\r\n5\r\npedia\r\n0\r\nX: 1\r\n\r\n")),
    "nominated": (GET + b"Connection: x, keep-alive\r\nX: 1\r\nY: 2\r\n\r\n", GET + b"Y: 2\r\n\r\n"),
}
REFUSED = {
    "two_lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "bare_cr": GET + b"X: 1\rY: 2\r\n\r\n",
    "bad_chunk": chunked(b"4\r\nWikix\r\n0\r\n\r\n"),
    "folded": GET + b"X: 1\r\n 2\r\n\r\n",
}
ANSWERS = {
    "length": (b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello",) * 2,
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a\r\nWiki\r\n5\r\npedia\r\n0\r\nX: 1\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5\r\npedia\r\n0\r\nX: 1\r\n\r\n"),
    "interim": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nY: 2\r\n\r\n",) * 2,
    "of_1_0": (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
               b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
}


def in_two(address, data, at):
    with Client(address) as client:
        client.send(data[:at])
        let_the_proxy_read(address)
        client.send(data[at:])
        client.end()
        return client.read_to_end()[0]


@pytest.mark.parametrize("name", REQUESTS)
def test_of_a_request(name, origin, proxy):
    sends, wanted = REQUESTS[name]
    for at in range(1, len(sends)):
        origin.forget()
        answer = in_two(proxy, sends, at)
        assert [m.meaning() for m in origin.requests] == [message.meaning(wanted)], f"cut at {at}"
        assert answer.startswith(b"HTTP/1.1 200 "), f"cut at {at}"


@pytest.mark.parametrize("name", REFUSED)
def test_of_what_is_refused(name, origin, proxy):
    for at in range(1, len(REFUSED[name])):
        assert in_two(proxy, REFUSED[name], at).startswith(b"HTTP/1.1 400 "), f"cut at {at}"
    assert origin.received == []


def test_of_a_pipeline(origin, proxy):
    sends = GET + b"\r\n" + POST + b"Content-Length: 3\r\n\r\nabc" + NEXT
    for at in range(1, len(sends)):
        origin.forget()
        assert in_two(proxy, sends, at).count(b"HTTP/1.1 200 ") == 3
        assert b"".join(m.raw for m in origin.requests) == sends, f"cut at {at}"


def test_of_a_request_byte_by_byte(origin, proxy):
    for sends, wanted in REQUESTS.values():
        origin.forget()
        with Client(proxy) as client:
            for i in range(len(sends)):
                client.send(sends[i:i + 1])
            client.end()
            assert client.read_to_end()[0].startswith(b"HTTP/1.1 200 ")
        assert [m.meaning() for m in origin.requests] == [message.meaning(wanted)]


@pytest.mark.parametrize("name", ANSWERS)
def test_of_an_answer(name, origin, proxy):
    sends, wanted = ANSWERS[name]
    for at in range(1, len(sends)):
        origin.forget(InParts([sends[:at], sends[at:]], between=lambda: let_the_proxy_read(proxy)))
        got, _ = exchange(proxy, GET + b"\r\n")
        assert meaning_of_all(got) == meaning_of_all(wanted), f"cut at {at}"


def meaning_of_all(data):
    messages, rest = message.read_all(data, False)
    assert rest == b""
    return [m.meaning() for m in messages]
