"""What a client may send, and what must become of it. The verdicts are the RFCs', requirement by
requirement; where an RFC leaves a choice, README.md says which one was made and why."""

import dataclasses
import re

H = b"Host: a.test\r\n"
GET = b"GET / HTTP/1.1\r\n" + H
POST = b"POST / HTTP/1.1\r\n" + H
NEXT = b"GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    cites: str
    sends: bytes
    forwards: tuple = None  # the messages that the origin is sent
    status: int = None      # refused: nothing of it reaches the origin, and the connection ends

    def __post_init__(self):
        # Where the RFC wants nothing at all to happen, both are left out.
        assert self.forwards is None or self.status is None


def forwarded(name, cites, sends, *forwards):
    """Without `forwards`: as it is."""
    return Case(name, cites, sends, forwards or (sends,))


def refused(name, cites, sends, status=400):
    return Case(name, cites, sends, status=status)


def ignored(name, cites, sends):
    return Case(name, cites, sends)


def chunked(data, head=POST, coding=b"Transfer-Encoding: chunked\r\n"):
    return head + coding + b"\r\n" + data


REQUEST_LINE = [
    forwarded("origin_form", "9112 3.2.1", b"GET /a/b;c?d=e&f HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("every_visible_byte", "9112 3.2.1", b"GET /!\"$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~ HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("empty_path_elements", "3986 3.3", b"GET //a//../b/. HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("absolute_form_wins_over_host", "9112 3.2.2",
              b"GET http://right.test:81/p?q HTTP/1.1\r\nHost: wrong.test\r\n\r\n",
              b"GET /p?q HTTP/1.1\r\nHost: right.test:81\r\n\r\n"),
    forwarded("absolute_form_without_path", "9112 3.2.1", b"GET http://right.test HTTP/1.1\r\nHost: right.test\r\n\r\n",
              b"GET / HTTP/1.1\r\nHost: right.test\r\n\r\n"),
    forwarded("absolute_form_with_query_only", "9112 3.2.1", b"GET http://right.test?q HTTP/1.1\r\nHost: right.test\r\n\r\n",
              b"GET /?q HTTP/1.1\r\nHost: right.test\r\n\r\n"),
    forwarded("absolute_form_in_capitals", "3986 3.1", b"GET HTTP://right.test/ HTTP/1.1\r\nHost: right.test\r\n\r\n",
              b"GET / HTTP/1.1\r\nHost: right.test\r\n\r\n"),
    forwarded("options_absolute_without_path", "9112 3.2.4", b"OPTIONS http://a.test HTTP/1.1\r\n" + H + b"\r\n",
              b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("options_asterisk", "9112 3.2.4", b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("unknown_method", "9110 9.1", b"M-SEARCH /a HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("method_of_every_token_byte", "9110 5.6.2", b"!#$%&'*+-.^_`|~09AZaz / HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("method_in_lower_case", "9110 9.1", b"get / HTTP/1.1\r\n" + H + b"\r\n"),
    forwarded("host_in_1_0", "9112 3.2", b"GET / HTTP/1.0\r\n" + H + b"\r\n", GET + b"\r\n"),
    refused("asterisk_without_options", "9112 3.2.4", b"GET * HTTP/1.1\r\n" + H + b"\r\n"),
    refused("authority_form_without_connect", "9112 3.2.3", b"GET a.test:80 HTTP/1.1\r\n" + H + b"\r\n"),
    refused("connect", "9110 9.3.6", b"CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n", 501),
    refused("trace", "9110 9.3.8", b"TRACE / HTTP/1.1\r\n" + H + b"\r\n", 501),
    refused("other_scheme", "9110 7.4", b"GET ftp://a.test/ HTTP/1.1\r\n" + H + b"\r\n"),
    refused("user_in_target", "9110 4.2.4", b"GET http://u:p@a.test/ HTTP/1.1\r\n" + H + b"\r\n"),
    refused("no_host_in_target", "9110 4.2.1", b"GET http:///a HTTP/1.1\r\n" + H + b"\r\n"),
    refused("fragment", "9112 3.2", b"GET /a#b HTTP/1.1\r\n" + H + b"\r\n"),
    refused("relative_target", "9112 3.2", b"GET a/b HTTP/1.1\r\n" + H + b"\r\n"),
    refused("utf8_in_target", "9112 3.2", "GET /ä HTTP/1.1\r\n".encode() + H + b"\r\n"),
    refused("control_in_target", "9112 3.2", b"GET /a\x01b HTTP/1.1\r\n" + H + b"\r\n"),
    refused("delete_in_target", "9112 3.2", b"GET /a\x7fb HTTP/1.1\r\n" + H + b"\r\n"),
    refused("nul_in_target", "9112 3.2", b"GET /a\0b HTTP/1.1\r\n" + H + b"\r\n"),
    refused("space_in_target", "9112 3.2", b"GET /a b HTTP/1.1\r\n" + H + b"\r\n"),
    refused("two_spaces", "9112 3", b"GET  / HTTP/1.1\r\n" + H + b"\r\n"),
    refused("tab_for_space", "9112 3", b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n"),
    refused("space_after_version", "9112 3", b"GET / HTTP/1.1 \r\n" + H + b"\r\n"),
    refused("space_before_method", "9112 3", b" GET / HTTP/1.1\r\n" + H + b"\r\n"),
    refused("no_method", "9112 3", b"/ HTTP/1.1\r\n" + H + b"\r\n"),
    refused("no_target", "9112 3", b"GET HTTP/1.1\r\n" + H + b"\r\n"),
    refused("method_not_a_token", "9110 9.1", b"G(T / HTTP/1.1\r\n" + H + b"\r\n"),
    refused("no_version", "9112 3", b"GET /\r\n" + H + b"\r\n"),
    refused("version_in_lower_case", "9112 2.3", b"GET / http/1.1\r\n" + H + b"\r\n"),
    refused("version_of_two_digits", "9112 2.3", b"GET / HTTP/1.10\r\n" + H + b"\r\n"),
    refused("version_without_minor", "9112 2.3", b"GET / HTTP/1\r\n" + H + b"\r\n"),
    refused("other_protocol", "9112 2.3", b"GET / ICE/1.1\r\n" + H + b"\r\n"),
    refused("version_0_9", "9110 15.6.6", b"GET / HTTP/0.9\r\n" + H + b"\r\n", 505),
    refused("version_2", "9110 15.6.6", b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    refused("version_9", "9110 15.6.6", b"GET / HTTP/9.9\r\n" + H + b"\r\n", 505),
    refused("http2_preface", "9113 3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    refused("tls_hello", "9112 3", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    refused("empty_line_first", "9112 2.2", b"\r\n" + GET + b"\r\n"),
    refused("target_too_long", "9110 15.5.15", b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n" + H + b"\r\n", 414),
    refused("head_too_large", "6585 5", GET + b"X: " + b"x" * 70000 + b"\r\n\r\n", 431),
    refused("too_many_fields", "6585 5", GET + b"X: 1\r\n" * 200 + b"\r\n", 431),
]

HOST = [
    forwarded("ipv6", "3986 3.2.2", b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
    forwarded("port_empty", "3986 3.2.3", b"GET / HTTP/1.1\r\nHost: a.test:\r\n\r\n"),
    forwarded("sub_delimiters", "3986 3.2.2", b"GET / HTTP/1.1\r\nHost: a!$&'()*+,;=_~%2d\r\n\r\n"),
    refused("missing", "9112 3.2", b"GET / HTTP/1.1\r\n\r\n"),
    refused("twice", "9112 3.2", b"GET / HTTP/1.1\r\n" + H + H + b"\r\n"),
    refused("twice_with_absolute_form", "9112 3.2", b"GET http://a.test/ HTTP/1.1\r\n" + H + H + b"\r\n"),
    refused("missing_with_absolute_form", "9112 3.2", b"GET http://a.test/ HTTP/1.1\r\n\r\n"),
    refused("empty", "9110 7.2", b"GET / HTTP/1.1\r\nHost: \r\n\r\n"),
    *(refused(f"not_an_authority_{i}", "9112 3.2", b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
      for i, host in enumerate((b"a/b", b"u@a", b"a b", b"a?b", b"a#b", b"a\\b", b"a:b", b"a:123456", b"a:1:2", b"[::1", b"::1]",
                                b"[::1]x", b"%zz", b"a\xc3\xa4", b"a\"b", b"<a>"))),
]

FIELDS = [
    forwarded("no_space_after_colon", "9112 5.1", GET + b"X:1\r\n\r\n", GET + b"X: 1\r\n\r\n"),
    forwarded("blanks_around_value", "9112 5.1", GET + b"X:\t 1 2 \t\r\n\r\n", GET + b"X: 1 2\r\n\r\n"),
    forwarded("empty_value", "9110 5.5", GET + b"X:\r\n\r\n"),
    forwarded("obs_text", "9110 5.5", GET + b"X: D\xfcsseldorf \xc3\xa4\xff\r\n\r\n"),
    forwarded("every_visible_byte", "9110 5.5", GET + b"X: " + bytes(range(0x21, 0x7f)) + b"\r\n\r\n"),
    forwarded("name_of_every_token_byte", "9110 5.1", GET + b"!#$%&'*+-.^_`|~09AZaz: 1\r\n\r\n"),
    forwarded("equal_names_in_order", "9110 5.3", GET + b"X: 1\r\nY: 2\r\nx: 3\r\nX: 0\r\n\r\n"),
    forwarded("traceparent", "W3C trace context 3.2", GET + b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
              b"tracestate: a=1\r\n\r\n"),
    forwarded("end_to_end_authentication", "9110 11.7.1", GET + b"Proxy-Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\n\r\n"),
    refused("space_before_colon", "9112 5.1", GET + b"X : 1\r\n\r\n"),
    refused("tab_before_colon", "9112 5.1", GET + b"X\t: 1\r\n\r\n"),
    refused("folded", "9112 5.2", GET + b"X: 1\r\n 2\r\n\r\n"),
    refused("folded_by_tab", "9112 5.2", GET + b"X: 1\r\n\t2\r\n\r\n"),
    refused("folded_empty", "9112 5.2", GET + b"X: 1\r\n \r\n\r\n"),
    refused("blank_before_first", "9112 2.2", b"GET / HTTP/1.1\r\n " + H + b"\r\n"),
    refused("bare_cr", "9112 2.2", GET + b"X: 1\rY: 2\r\n\r\n"),
    refused("bare_cr_at_end", "9112 2.2", GET + b"X: 1\r\r\n\r\n"),
    refused("bare_lf", "9112 2.2", GET + b"X: 1\nY: 2\r\n\r\n"),
    refused("bare_lf_everywhere", "9112 2.2", b"GET / HTTP/1.1\nHost: a.test\n\n"),
    refused("bare_lf_at_end", "9112 2.2", GET + b"\n"),
    refused("cr_without_lf_at_end", "9112 2.2", GET + b"\rX: 1\r\n\r\n"),
    refused("nul_in_value", "9110 5.5", GET + b"X: 1\x002\r\n\r\n"),
    refused("control_in_value", "9110 5.5", GET + b"X: 1\x0b2\r\n\r\n"),
    refused("delete_in_value", "9110 5.5", GET + b"X: 1\x7f2\r\n\r\n"),
    refused("no_colon", "9112 5", GET + b"X\r\n\r\n"),
    refused("no_name", "9112 5", GET + b": 1\r\n\r\n"),
    *(refused(f"name_with_{byte:02x}", "9110 5.1", GET + b"X" + bytes([byte]) + b"Y: 1\r\n\r\n")
      for byte in (0, 1, 0x0b, 0x20, 0x22, 0x28, 0x2c, 0x2f, 0x3b, 0x40, 0x5b, 0x7b, 0x7f, 0x80, 0xff)),
]

HOP_BY_HOP = [
    forwarded("connection_itself", "9110 7.6.1", GET + b"Connection: keep-alive\r\n\r\n", GET + b"\r\n"),
    forwarded("what_connection_names", "9110 7.6.1", GET + b"X-Hop: 1\r\nConnection: x-hop, ,\r\nx-Hop: 2\r\nY: 3\r\n\r\n",
              GET + b"Y: 3\r\n\r\n"),
    forwarded("what_several_connections_name", "9110 7.6.1",
              GET + b"Connection: a\r\nA: 1\r\nConnection: b\r\nB: 2\r\nC: 3\r\n\r\n", GET + b"C: 3\r\n\r\n"),
    refused("an_option_that_is_no_token", "9110 7.6.1", GET + b"Connection: x y\r\nX: 1\r\n\r\n"),
    forwarded("never_host_or_framing", "9110 7.6.1", POST + b"Connection: host, content-length\r\nContent-Length: 1\r\n\r\nx",
              POST + b"Content-Length: 1\r\n\r\nx"),
    forwarded("never_the_coding", "9110 7.6.1", chunked(b"1\r\nx\r\n0\r\n\r\n", POST + b"Connection: transfer-encoding\r\n"),
              chunked(b"1\r\nx\r\n0\r\n\r\n")),
    forwarded("keep_alive_and_proxy_connection", "9110 7.6.1",
              GET + b"Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nX: 1\r\n\r\n", GET + b"X: 1\r\n\r\n"),
    forwarded("te_without_trailers", "9110 10.1.4", GET + b"TE: gzip;q=0.5\r\nConnection: TE\r\n\r\n", GET + b"\r\n"),
    forwarded("te_with_trailers", "9110 10.1.4", GET + b"TE: gzip, trailers\r\nConnection: TE\r\n\r\n",
              GET + b"TE: trailers\r\nConnection: TE\r\n\r\n"),
    forwarded("upgrade_that_connection_names", "9110 7.8", GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    forwarded("upgrade_that_it_does_not", "9110 7.8", GET + b"Upgrade: websocket\r\n\r\n", GET + b"\r\n"),
    forwarded("upgrade_of_1_0", "9110 7.8", b"GET / HTTP/1.0\r\n" + H + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
              GET + b"\r\n"),
    forwarded("upgrade_to_h2c", "9113 3.1", GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
              GET + b"\r\n"),
    forwarded("max_forwards_of_options", "9110 7.6.2", b"OPTIONS / HTTP/1.1\r\n" + H + b"Max-Forwards: 10\r\n\r\n",
              b"OPTIONS / HTTP/1.1\r\n" + H + b"Max-Forwards: 9\r\n\r\n"),
    forwarded("max_forwards_of_others", "9110 7.6.2", GET + b"Max-Forwards: 0\r\n\r\n"),
]

FRAMING = [
    forwarded("no_body", "9112 6.3", POST + b"\r\n"),
    forwarded("length", "9112 6.2", POST + b"Content-Length: 5\r\n\r\nhello"),
    forwarded("length_0", "9112 6.2", POST + b"Content-Length: 0\r\n\r\n"),
    forwarded("length_with_leading_zeros", "9112 6.2", POST + b"Content-Length: 0005\r\n\r\nhello",
              POST + b"Content-Length: 5\r\n\r\nhello"),
    forwarded("body_of_get", "9110 9.3.1", GET + b"Content-Length: 3\r\n\r\nabc"),
    forwarded("any_byte_in_a_body", "9112 6", POST + b"Content-Length: 256\r\n\r\n" + bytes(range(256))),
    forwarded("large_body", "9112 6.2", POST + b"Content-Length: 300000\r\n\r\n" + b"0123456789" * 30000),
    forwarded("length_in_1_0", "9112 6.3", b"POST / HTTP/1.0\r\n" + H + b"Content-Length: 3\r\n\r\nabc",
              POST + b"Content-Length: 3\r\n\r\nabc"),
    forwarded("pipelined", "9112 9.3.2", GET + b"\r\n" + POST + b"Content-Length: 3\r\n\r\nabc" + NEXT,
              GET + b"\r\n", POST + b"Content-Length: 3\r\n\r\nabc", NEXT),
    forwarded("nothing_after_close", "9112 9.6", GET + b"Connection: close\r\n\r\n" + NEXT, GET + b"\r\n"),
    forwarded("nothing_after_1_0", "9112 9.3", b"GET / HTTP/1.0\r\n" + H + b"\r\n" + NEXT, GET + b"\r\n"),
    forwarded("a_length_that_eats_the_next", "9112 6.3", POST + b"Content-Length: %d\r\n\r\n" % len(NEXT) + NEXT),
    refused("length_and_coding", "9112 6.1", POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    refused("coding_and_length", "9112 6.1", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    refused("unknown_coding_and_length", "9112 6.1", POST + b"Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    refused("different_lengths", "9112 6.3", POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    refused("equal_lengths", "9112 6.3", POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    refused("listed_lengths", "9112 6.3", POST + b"Content-Length: 3, 3\r\n\r\nabc"),
    *(refused(f"not_a_length_{i}", "9112 6.3", POST + b"Content-Length: " + value + b"\r\n\r\nabc")
      for i, value in enumerate((b"", b"+3", b"-3", b"0x3", b"3.0", b"3 3", b"3;", b"\"3\"", b"three", b"3,", b"9223372036854775808",
                                 b"18446744073709551619", b"99999999999999999999999999"))),
    refused("chunked_in_1_0", "9112 6.1", b"POST / HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    refused("unknown_coding", "9112 6.1", POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    refused("unknown_coding_before_chunked", "9112 6.1", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    *(refused(f"not_chunked_once_and_last_{i}", "9112 7.1", POST + b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n")
      for i, value in enumerate((b"", b",", b"chunked, chunked", b"chunked, gzip", b"chunked;a=b", b"\"chunked\"", b"\x0bchunked",
                                 b"chunked\r\nTransfer-Encoding: chunked", b"chunked\r\nTransfer-Encoding: gzip",
                                 b"gzip\r\nTransfer-Encoding: chunked", b"chunked@", b"chunked\r\n x"))),
    *(refused(f"like_chunked_{i}", "9112 6.1", POST + b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n", 501)
      for i, value in enumerate((b"xchunked", b"chunked-", b"identity", b"chunkedchunked"))),
    forwarded("chunked_in_capitals", "9112 7", chunked(b"1\r\nx\r\n0\r\n\r\n", coding=b"TRANSFER-ENCODING: CHUNKED\r\n"),
              chunked(b"1\r\nx\r\n0\r\n\r\n")),
    ignored("length_that_breaks_off", "9112 8", POST + b"Content-Length: 5\r\n\r\nhell"),
    ignored("head_that_breaks_off", "9112 8", GET + b"X: 1\r\n"),
    ignored("first_line_that_breaks_off", "9112 8", b"GET / HTT"),
    ignored("nothing", "9112 8", b""),
]

WIKI = b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"
CHUNKS = [
    forwarded("two", "9112 7.1", chunked(WIKI)),
    forwarded("none", "9112 7.1", chunked(b"0\r\n\r\n")),
    forwarded("sizes_in_both_cases", "9112 7.1", chunked(b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n")),
    forwarded("leading_zeros", "9112 7.1", chunked(b"0004\r\nWiki\r\n000\r\n\r\n")),
    forwarded("crlf_as_data", "9112 7.1", chunked(b"6\r\n\r\n0\r\n\r\r\n0\r\n\r\n")),
    forwarded("extensions_are_dropped", "9112 7.1.1", chunked(b"4;a\r\nWiki\r\n5;b=c;d=\"e;f\"\r\npedia\r\n0;g\r\n\r\n"),
              chunked(WIKI)),
    forwarded("blanks_around_extensions", "9112 7.1.1", chunked(b"4 ; a = b\r\nWiki\r\n0\r\n\r\n"),
              chunked(b"4\r\nWiki\r\n0\r\n\r\n")),
    forwarded("larger_than_the_buffer", "9112 7.1", chunked(b"40000\r\n" + b"x" * 0x40000 + b"\r\n0\r\n\r\n")),
    forwarded("trailers", "9110 6.5.1", chunked(b"4\r\nWiki\r\n0\r\nX-Check: 1\r\nY:2\r\n\r\n"),
              chunked(b"4\r\nWiki\r\n0\r\nX-Check: 1\r\nY: 2\r\n\r\n")),
    *(forwarded(f"trailer_{name.decode().lower()}_is_dropped", "9110 6.5.1",
                chunked(b"1\r\nx\r\n0\r\n" + name + b": 1\r\nX: 2\r\n\r\n"), chunked(b"1\r\nx\r\n0\r\nX: 2\r\n\r\n"))
      for name in (b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"TE", b"Upgrade", b"Keep-Alive", b"Trailer",
                   b"Authorization", b"Cookie", b"Content-Type", b"Content-Encoding", b"Content-Range", b"Expect", b"Range",
                   b"Max-Forwards", b"Forwarded", b"X-Forwarded-For", b"Proxy-Authorization", b"If-Match")),
    forwarded("trailers_that_connection_names", "9110 7.6.1",
              chunked(b"1\r\nx\r\n0\r\nX-Hop: 1\r\n\r\n", POST + b"Connection: x-hop\r\n"), chunked(b"1\r\nx\r\n0\r\n\r\n")),
    forwarded("what_follows_the_last", "9112 7.1", chunked(b"0\r\n\r\n") + NEXT, chunked(b"0\r\n\r\n"), NEXT),
    *(refused(name, cites, chunked(data)) for name, cites, data in (
        ("no_size", "9112 7.1", b"\r\nWiki\r\n0\r\n\r\n"),
        ("size_not_hexadecimal", "9112 7.1", b"g\r\nWiki\r\n0\r\n\r\n"),
        ("signed_size", "9112 7.1", b"+4\r\nWiki\r\n0\r\n\r\n"),
        ("negative_size", "9112 7.1", b"-4\r\nWiki\r\n0\r\n\r\n"),
        ("prefixed_size", "9112 7.1", b"0x4\r\nWiki\r\n0\r\n\r\n"),
        ("blank_before_size", "9112 7.1", b" 4\r\nWiki\r\n0\r\n\r\n"),
        ("blank_after_size", "9112 7.1", b"4 \r\nWiki\r\n0\r\n\r\n"),
        ("size_beyond_64_bits", "9112 7.1", b"10000000000000004\r\nWiki\r\n0\r\n\r\n"),
        ("size_of_all_ones", "9112 7.1", b"ffffffffffffffff\r\nWiki\r\n0\r\n\r\n"),
        ("size_ends_in_lf", "9112 2.2", b"4\nWiki\r\n0\r\n\r\n"),
        ("size_ends_in_cr", "9112 2.2", b"4\rWiki\r\n0\r\n\r\n"),
        ("data_ends_in_lf", "9112 7.1", b"4\r\nWiki\n0\r\n\r\n"),
        ("data_longer_than_size", "9112 7.1", b"3\r\nWiki\r\n0\r\n\r\n"),
        ("data_shorter_than_size", "9112 7.1", b"5\r\nWiki\r\n0\r\n\r\n"),
        ("no_extension_name", "9112 7.1.1", b"4;\r\nWiki\r\n0\r\n\r\n"),
        ("lf_in_extension", "9112 7.1.1", b"4;a=\"\n\"\r\nWiki\r\n0\r\n\r\n"),
        ("nul_in_extension", "9112 7.1.1", b"4;a=\"\0\"\r\nWiki\r\n0\r\n\r\n"),
        ("bare_cr_in_extension", "9112 7.1.1", b"4;a\rb\r\nWiki\r\n0\r\n\r\n"),
        ("endless_extension", "9112 7.1.1", b"4;a=" + b"x" * 500000 + b"\r\nWiki\r\n0\r\n\r\n"),
        ("endless_trailers", "9112 7.1.2", b"4\r\nWiki\r\n0\r\n" + b"X: 1\r\n" * 20000 + b"\r\n"),
        ("endless_trailer", "9112 7.1.2", b"4\r\nWiki\r\n0\r\nX: " + b"x" * 100000 + b"\r\n\r\n"),
        ("folded_trailer", "9112 5.2", b"4\r\nWiki\r\n0\r\nX: 1\r\n 2\r\n\r\n"),
        ("bare_lf_in_trailer", "9112 2.2", b"4\r\nWiki\r\n0\r\nX: 1\nY: 2\r\n\r\n"),
        ("space_in_trailer_name", "9112 5.1", b"4\r\nWiki\r\n0\r\nX : 1\r\n\r\n"),
        ("end_in_lf", "9112 2.2", b"4\r\nWiki\r\n0\r\n\n"),
    )),
    ignored("no_last", "9112 8", chunked(b"4\r\nWiki\r\n")),
    ignored("last_without_end", "9112 8", chunked(b"4\r\nWiki\r\n0\r\n")),
    ignored("breaks_off_in_data", "9112 8", chunked(b"4\r\nWi")),
]

EXPECT = [
    forwarded("continue_with_the_body_there", "9110 10.1.1", POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
              POST + b"Content-Length: 3\r\n\r\nabc"),
    forwarded("continue_without_body", "9110 10.1.1", GET + b"Expect: 100-Continue\r\n\r\n", GET + b"\r\n"),
    forwarded("continue_of_1_0", "9110 10.1.1", b"POST / HTTP/1.0\r\n" + H + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
              POST + b"Content-Length: 3\r\n\r\nabc"),
    refused("something_else", "9110 10.1.1", POST + b"Expect: more\r\nContent-Length: 3\r\n\r\nabc", 417),
    refused("something_else_too", "9110 10.1.1", POST + b"Expect: 100-continue, more\r\nContent-Length: 3\r\n\r\nabc", 417),
]

GROUPS = {"request_line": REQUEST_LINE, "host": HOST, "fields": FIELDS, "hop_by_hop": HOP_BY_HOP, "framing": FRAMING,
          "chunks": CHUNKS, "expect": EXPECT}
ALL = {f"{group}-{case.name}": case for group, cases in GROUPS.items() for case in cases}

assert len(ALL) == sum(map(len, GROUPS.values())), "two cases have one name"
assert all(re.fullmatch(r"\d{4} \d+(\.\d+)*|W3C.*", case.cites) for case in ALL.values())
