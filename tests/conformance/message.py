"""A reader of HTTP/1.1 messages that forgives nothing: what a proxy sends on must suit it.

It knows neither obsolete forms nor recovery. It is written from RFC 9112 and shares no code with
the proxy, so that the two can disagree.
"""

import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.1")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-9]\d\d) ([\t \x21-\x7e\x80-\xff]*)")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})")


class Malformed(Exception):
    pass


@dataclasses.dataclass
class Message:
    line: bytes
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    chunked: bool = False
    raw: bytes = b""

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name]

    def meaning(self):
        """What it says, whatever the order of its fields, as long as equal names keep theirs, and
        whatever the sizes of its chunks (RFC 9110, section 5.3; RFC 9112, section 7.1)."""
        def ordered(fields):
            return sorted(fields, key=lambda field: field[0].lower())
        return self.line, ordered(self.fields), self.body, self.trailers, self.chunked


def read(data, is_request, answers_head=False, ended=False):
    """The first message of `data`; None while it is not whole. `ended`: no byte will follow."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    line, *fields = data[:end].split(b"\r\n")
    start = (REQUEST_LINE if is_request else STATUS_LINE).fullmatch(line)
    if not start:
        raise Malformed(f"first line {line!r}")
    message = Message(line, [field(one) for one in fields])
    body = data[end + 4:]
    used = body_of(message, body, *framing(message, is_request, start, answers_head), ended)
    if used is None:
        return None
    message.raw = data[:end + 4 + used]
    return message


def field(line):
    match = FIELD.fullmatch(line)
    if not match:
        raise Malformed(f"field {line!r}")
    return match.groups()


def framing(message, is_request, start, answers_head):
    """RFC 9112, section 6.3: (chunked, length or None)."""
    lengths, codings = message.values(b"content-length"), message.values(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise Malformed("more than one framing")
    if codings and codings[0].lower() != b"chunked":
        raise Malformed(f"coding {codings[0]!r}")
    if lengths and not re.fullmatch(rb"0|[1-9]\d*", lengths[0]):
        raise Malformed(f"length {lengths[0]!r}")
    if is_request and len(message.values(b"host")) != 1:
        raise Malformed("not exactly one Host")
    if not is_request and (answers_head or start.group(1)[:1] == b"1" or start.group(1) in (b"204", b"304")):
        return False, 0
    return bool(codings), int(lengths[0]) if lengths else 0 if is_request else None


def body_of(message, data, chunked, length, ended):
    """Fills in the body; how many bytes it takes, or None while it is not whole."""
    if not chunked:
        if length is None:
            message.body = data
            return len(data) if ended else None
        message.body = data[:length]
        return length if len(data) >= length else None
    message.chunked, at = True, 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        size = CHUNK.fullmatch(data[at:end])
        if not size:
            raise Malformed(f"chunk {data[at:end]!r}")
        size, at = int(size.group(1), 16), end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None
        message.body += data[at:at + size]
        if data[at + size:at + size + 2] != b"\r\n":
            raise Malformed("a chunk that does not end")
        at += size + 2
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        if end == at:
            return at + 2
        message.trailers.append(field(data[at:end]))
        at = end + 2


def read_all(data, is_request, **how):
    """All messages of `data`, and what is left."""
    messages = []
    while data and (message := read(data, is_request, **how)):
        messages.append(message)
        data = data[len(message.raw):]
        if not message.raw:
            break
    return messages, data


def meaning(raw, is_request=True, **how):
    message = read(raw, is_request, **how)
    assert message is not None and message.raw == raw, f"not one whole message: {raw!r}"
    return message.meaning()
