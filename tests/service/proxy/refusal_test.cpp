// What is refused before a permit is taken, and never seen by the upstream.
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;

struct Case {
  std::string name, request;
  int status = 400;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const std::string line = "POST / HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";

const std::vector<Case> cases{
    // Framing, RFC 9112 section 6.
    {"length_and_coding", line + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"coding_and_length", line + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
    {"unknown_coding_and_length",
     line + host + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"},
    {"equal_lengths", line + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
    {"different_lengths", line + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
    {"listed_lengths", line + host + "Content-Length: 3, 3\r\n\r\nabc"},
    {"signed_length", line + host + "Content-Length: +3\r\n\r\nabc"},
    {"negative_length", line + host + "Content-Length: -3\r\n\r\nabc"},
    {"hexadecimal_length", line + host + "Content-Length: 0x3\r\n\r\nabc"},
    {"empty_length", line + host + "Content-Length:\r\n\r\n"},
    {"overflowing_length", line + host + "Content-Length: 18446744073709551617\r\n\r\n"},
    {"two_codings",
     line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"chunked_twice", line + host + "Transfer-Encoding: chunked, chunked\r\n\r\n"},
    {"chunked_not_last", line + host + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
    {"chunked_with_parameter", line + host + "Transfer-Encoding: chunked;a=b\r\n\r\n"},
    {"quoted_chunked", line + host + "Transfer-Encoding: \"chunked\"\r\n\r\n"},
    {"empty_coding", line + host + "Transfer-Encoding:\r\n\r\n"},
    {"unknown_coding", line + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"unknown_coding_before_chunked", line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n",
     501},
    {"chunked_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"vertical_tab_before_chunked", line + host + "Transfer-Encoding: \vchunked\r\n\r\n"},
    // Fields, RFC 9112 section 5.
    {"folded_field", line + host + "X: a\r\n b\r\n\r\n"},
    {"folded_empty_field", line + host + "X:\r\n b\r\n\r\n"},
    {"folded_coding", line + host + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
    {"folded_first_field", line + " X: a\r\n" + host + "\r\n"},
    {"space_before_colon", line + host + "X : a\r\n\r\n"},
    {"bare_cr_in_value", line + host + "X: a\rb\r\n\r\n"},
    {"bare_lf_in_value", line + host + "X: a\nContent-Length: 3\r\n\r\n"},
    {"nul_in_value", line + host + std::string("X: a\0b\r\n\r\n", 10)},
    {"bare_lf_lines", "GET / HTTP/1.1\nHost: a\n\n"},
    {"no_colon", line + host + "X\r\n\r\n"},
    {"empty_name", line + host + ": a\r\n\r\n"},
    {"name_not_a_token", line + host + "X(: a\r\n\r\n"},
    // Host, RFC 9112 section 3.2.
    {"no_host", "GET / HTTP/1.1\r\n\r\n"},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"host_with_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {"host_list", "GET / HTTP/1.1\r\nHost: a, b@c\r\n\r\n"},
    {"host_with_bad_port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
    // The request line, RFC 9112 section 3.
    {"leading_line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"leading_space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"two_spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"tab_for_space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"trailing_space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
    {"no_version", "GET /\r\nHost: a\r\n\r\n"},
    {"version_2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"version_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"connection_option_that_is_no_token", line + host + "Connection: x y\r\n\r\n"},
    {"another_expectation", line + host + "Expect: more\r\n\r\n", 417},
    {"max_forwards_that_is_no_number", "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n"},
    {"lower_case_version", "GET / http/1.1\r\nHost: a\r\n\r\n"},
    {"relative_target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"asterisk_without_options", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"user_in_absolute_target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"absolute_target_without_host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"other_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello", 17)},
    // Bounds.
    {"large_head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", 431},
    {"endless_head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x'), 431},
    {"long_target", "GET /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    {"endless_target", "GET /" + std::string(70000, 'x'), 414},
    {"many_fields",
     [] {
       std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
       for (int i = 0; i < 200; ++i) request += "X: 1\r\n";
       return request + "\r\n";
     }(),
     431},
};

struct Refusal : ProxyTest, testing::WithParamInterface<Case> {};

TEST_P(Refusal, is_answered_and_ends_the_connection) {
  start();
  Peer peer = client(GetParam().request + get("/smuggled"));

  const std::string answer = peer.read_to_end();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "one answer, no more";
  EXPECT_FALSE(origin.has_connection());
  EXPECT_EQ(recorders[0]->refusals(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Proxy, Refusal, testing::ValuesIn(cases),
                         [](const auto& refusal) { return refusal.param.name; });

TEST_F(Proxy, accepts_what_is_strict_but_unusual) {
  start();
  Peer upstream;
  Peer peer = client();
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
        std::string(
            "GET /?a=/b//c;%20 HTTP/1.1\r\nhost:\ta.b-c_d:1 \r\nX:\r\nY: \xff\xc3\xa4\r\n\r\n"),
        std::string("M-SEARCH / HTTP/1.1\r\nHost: a\r\nX: a, b,,c \"d\\\"\"\r\n\r\n"),
        std::string("PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")}) {
    peer.send(request);
    if (!upstream.is_open()) upstream = origin.accept();
    EXPECT_EQ(upstream.read_head(), request);
    upstream.send(ok(""));
    EXPECT_EQ(peer.read_response(), ok(""));
  }
}

TEST_F(Proxy, writes_a_length_with_leading_zeros_anew) {
  start();
  Peer peer = client(line + host + "Content-Length: 0003\r\n\r\nabc");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), line + host + "Content-Length: 3\r\n\r\n");
  EXPECT_EQ(upstream.read(3), "abc");
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, answers_a_head_that_never_ends_with_408) {
  settings.header_timeout = 30ms;
  start();
  Peer peer = client("GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(Proxy, closes_a_connection_that_says_nothing) {
  settings.idle_timeout = 30ms;
  start();
  Peer peer = client();
  EXPECT_EQ(peer.read_to_end(), "");
  EXPECT_TRUE(peer.has_ended());
}

TEST_F(Proxy, forwards_nothing_of_a_request_that_breaks_off) {
  start();
  for (const char* part :
       {"GET / HTTP/1.1\r\nHost: a\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    Peer peer = client(part);
    peer.shutdown_send();
    EXPECT_EQ(peer.read_to_end(), "");
  }
  EXPECT_FALSE(origin.has_connection());
}

}  // namespace
}  // namespace sweetspot::proxy
