"""Raw bytes in at a client, raw bytes out at an origin: one case for each requirement."""

import pytest

import cases
import message
from wire import exchange


@pytest.mark.parametrize("name", cases.ALL)
def test_what_becomes_of(name, origin, proxy):
    case = cases.ALL[name]
    answer, _ = exchange(proxy, case.sends)
    if case.status:
        assert answer.startswith(b"HTTP/1.1 %d " % case.status), answer
        assert b"\r\nConnection: close\r\n" in answer and answer.count(b"HTTP/1.1 ") == 1
        assert origin.received == [] or only_the_beginning(case, origin)
    elif case.forwards is None:
        assert answer == b""
        assert origin.requests == []
    else:
        assert [one.meaning() for one in origin.requests] == [message.meaning(one) for one in case.forwards]
        answers = final(answer)
        assert [one.line for one in answers] == [b"HTTP/1.1 200 OK"] * len(case.forwards), answer


def only_the_beginning(case, origin):
    """A chunked body beyond the buffer is on its way before its end is known: it must not end there."""
    return len(case.sends) > 64 * 1024 and origin.requests == [] and origin.malformed == []


def final(answer):
    messages, rest = message.read_all(answer, False)
    assert rest == b"", rest
    return [one for one in messages if one.line[9:10] != b"1"]
