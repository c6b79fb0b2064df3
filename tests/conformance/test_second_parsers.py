"""What was forwarded says the same to two parsers that nobody here wrote."""

import json

import h11
import pytest

import cases
from wire import exchange


@pytest.fixture(scope="module")
def forwarded(captured, proxy):
    """All that reaches the origin, of all cases."""
    messages = []
    for case in cases.ALL.values():
        if case.forwards:
            captured.forget()
            exchange(proxy, case.sends)
            messages += captured.requests
    assert len(messages) > 60
    return messages


def lowered(fields):
    return [(name.lower(), value) for name, value in fields]


def test_h11_reads_the_same(forwarded):
    for message in forwarded:
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        parser.receive_data(message.raw)
        request, body, end = parser.next_event(), b"", None
        assert isinstance(request, h11.Request), message.raw
        while end is None:
            event = parser.next_event()
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                assert isinstance(event, h11.EndOfMessage), message.raw
                end = event
        assert parser.trailing_data[0] == b""
        assert request.method + b" " + request.target + b" HTTP/1.1" == message.line
        assert [(bytes(n), bytes(v)) for n, v in request.headers] == lowered(message.fields)
        assert body == message.body
        assert [(bytes(n), bytes(v)) for n, v in end.headers] == lowered(message.trailers)


def pairs(flat):
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in zip(flat[::2], flat[1::2])]


def test_node_reads_the_same(forwarded, node):
    # Its parser knows a list of methods, and no others.
    known = [m for m in forwarded if m.line.split()[0] in (b"GET", b"POST", b"OPTIONS", b"M-SEARCH")]
    for message, line in zip(known, node([m.raw for m in known]), strict=True):
        seen = json.loads(line)
        assert seen.get("line") == message.line.decode(), (message.raw, seen)
        assert pairs(seen["fields"]) == message.fields
        assert seen["body"] == message.body.hex()
        assert pairs(seen["trailers"]) == message.trailers
