"""RFC 9110, section 9.2.2: what may have been done must not be done again, unless that does no harm."""

import collections
import re

from wire import Client, InParts, ending, exchange

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def request(method, number):
    body = b"Content-Length: 1\r\n\r\nx" if method == b"POST" else b"\r\n"
    return method + b" /%d HTTP/1.1\r\nHost: a.test\r\n" % number + body


def executed(origin):
    return collections.Counter(re.match(rb"\w+ /(\d+)", one.line).group(1) for one in origin.requests)


def answers_of(proxy, method, count):
    """One client after the other, so that connections to the origin are used again."""
    return [int(exchange(proxy, request(method, i))[0].split()[1]) for i in range(count)]


def every_second(answer):
    """The first on a connection is answered, and so is each other one; those between get `answer`."""
    turns = {"n": 0}

    def reply(_):
        turns["n"] += 1
        return OK if turns["n"] % 2 else answer
    return reply


def test_no_post_is_executed_twice_where_reused_connections_are_reset(origin, proxy):
    origin.forget(every_second(ending(b"", resets=True)))
    statuses = answers_of(proxy, b"POST", 100)
    assert set(statuses) == {200, 502}
    assert max(executed(origin).values()) == 1


def test_no_post_is_executed_twice_where_reused_connections_are_closed(origin, proxy):
    origin.forget(every_second(None))
    assert set(answers_of(proxy, b"POST", 100)) == {200, 502}
    assert max(executed(origin).values()) == 1


def test_no_post_is_executed_twice_where_an_answer_breaks_off(origin, proxy):
    origin.forget(every_second(ending(b"HTTP/1.1 200 OK\r\n", resets=True)))
    assert set(answers_of(proxy, b"POST", 100)) == {200, 502}
    assert max(executed(origin).values()) == 1


def test_a_get_is_sent_once_more_where_a_reused_connection_was_closed(origin, proxy):
    origin.forget(every_second(None))
    assert set(answers_of(proxy, b"GET", 100)) == {200}
    assert max(executed(origin).values()) == 2


def test_connections_closed_while_idle_cost_nobody_an_answer(origin, proxy):
    """A POST goes out only where the origin surely listens."""
    for i in range(50):
        origin.forget(ending(OK) if i % 2 else OK)
        assert exchange(proxy, request(b"POST", i))[0].endswith(b"ok")
        origin.drop()
    with Client(proxy) as client:
        origin.forget(InParts([OK]))
        client.send(request(b"POST", 1))
        assert client.socket.recv(4096) == OK
