// What is refused before a permit is taken, and never seen by the upstream.
#include "service/proxy/framing/refusal.hpp"
#include "tests/service/proxy/proxy_fixture.hpp"
#include "tests/service/readme.hpp"

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;

struct Case {
  std::string name, request;
  Refusal why;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const std::string line = "POST / HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";

const std::vector<Case> cases{
    // Framing, RFC 9112 section 6.
    {"length_and_coding", line + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
     Refusal::ambiguous_framing},
    {"coding_and_length", line + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
     Refusal::ambiguous_framing},
    {"unknown_coding_and_length",
     line + host + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n",
     Refusal::ambiguous_framing},
    {"equal_lengths", line + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
     Refusal::ambiguous_framing},
    {"different_lengths", line + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
     Refusal::ambiguous_framing},
    {"listed_lengths", line + host + "Content-Length: 3, 3\r\n\r\nabc", Refusal::ambiguous_framing},
    {"signed_length", line + host + "Content-Length: +3\r\n\r\nabc", Refusal::ambiguous_framing},
    {"negative_length", line + host + "Content-Length: -3\r\n\r\nabc", Refusal::ambiguous_framing},
    {"hexadecimal_length", line + host + "Content-Length: 0x3\r\n\r\nabc",
     Refusal::ambiguous_framing},
    {"empty_length", line + host + "Content-Length:\r\n\r\n", Refusal::ambiguous_framing},
    {"overflowing_length", line + host + "Content-Length: 18446744073709551617\r\n\r\n",
     Refusal::ambiguous_framing},
    {"two_codings",
     line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     Refusal::ambiguous_framing},
    {"chunked_twice", line + host + "Transfer-Encoding: chunked, chunked\r\n\r\n",
     Refusal::ambiguous_framing},
    {"chunked_not_last", line + host + "Transfer-Encoding: chunked, gzip\r\n\r\n",
     Refusal::ambiguous_framing},
    {"chunked_with_parameter", line + host + "Transfer-Encoding: chunked;a=b\r\n\r\n",
     Refusal::ambiguous_framing},
    {"quoted_chunked", line + host + "Transfer-Encoding: \"chunked\"\r\n\r\n",
     Refusal::ambiguous_framing},
    {"empty_coding", line + host + "Transfer-Encoding:\r\n\r\n", Refusal::ambiguous_framing},
    {"unknown_coding", line + host + "Transfer-Encoding: gzip\r\n\r\n", Refusal::unknown_coding},
    {"unknown_coding_before_chunked", line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n",
     Refusal::unknown_coding},
    {"chunked_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     Refusal::ambiguous_framing},
    {"vertical_tab_before_chunked", line + host + "Transfer-Encoding: \vchunked\r\n\r\n",
     Refusal::malformed_field},
    // Fields, RFC 9112 section 5.
    {"folded_field", line + host + "X: a\r\n b\r\n\r\n", Refusal::malformed_field},
    {"folded_empty_field", line + host + "X:\r\n b\r\n\r\n", Refusal::malformed_field},
    {"folded_coding", line + host + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
     Refusal::malformed_field},
    {"folded_first_field", line + " X: a\r\n" + host + "\r\n", Refusal::malformed_field},
    {"space_before_colon", line + host + "X : a\r\n\r\n", Refusal::malformed_field},
    {"bare_cr_in_value", line + host + "X: a\rb\r\n\r\n", Refusal::malformed_field},
    {"bare_lf_in_value", line + host + "X: a\nContent-Length: 3\r\n\r\n", Refusal::malformed_field},
    {"nul_in_value", line + host + std::string("X: a\0b\r\n\r\n", 10), Refusal::malformed_field},
    {"bare_lf_lines", "GET / HTTP/1.1\nHost: a\n\n", Refusal::malformed_line},
    {"no_colon", line + host + "X\r\n\r\n", Refusal::malformed_field},
    {"empty_name", line + host + ": a\r\n\r\n", Refusal::malformed_field},
    {"name_not_a_token", line + host + "X(: a\r\n\r\n", Refusal::malformed_field},
    // Host, RFC 9112 section 3.2.
    {"no_host", "GET / HTTP/1.1\r\n\r\n", Refusal::invalid_host},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", Refusal::invalid_host},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Refusal::invalid_host},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Refusal::invalid_host},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Refusal::invalid_host},
    {"host_with_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Refusal::invalid_host},
    {"host_list", "GET / HTTP/1.1\r\nHost: a, b@c\r\n\r\n", Refusal::invalid_host},
    {"host_with_bad_port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", Refusal::invalid_host},
    // The request line, RFC 9112 section 3.
    {"leading_line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"leading_space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"two_spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"tab_for_space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"trailing_space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"no_version", "GET /\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"version_2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", Refusal::unsupported_version},
    {"version_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", Refusal::unsupported_version},
    {"connection_option_that_is_no_token", line + host + "Connection: x y\r\n\r\n",
     Refusal::malformed_field},
    {"another_expectation", line + host + "Expect: more\r\n\r\n", Refusal::unknown_expectation},
    {"max_forwards_that_is_no_number", "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n",
     Refusal::malformed_field},
    {"lower_case_version", "GET / http/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_line},
    {"relative_target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_target},
    {"asterisk_without_options", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_target},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_target},
    {"user_in_absolute_target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
     Refusal::malformed_target},
    {"absolute_target_without_host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
     Refusal::malformed_target},
    {"other_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::malformed_target},
    {"connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::unsupported_method},
    {"trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::unsupported_method},
    {"tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello", 17),
     Refusal::malformed_line},
    // Bounds.
    {"large_head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n",
     Refusal::head_too_large},
    {"endless_head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x'),
     Refusal::head_too_large},
    {"long_target", "GET /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
     Refusal::target_too_long},
    {"endless_target", "GET /" + std::string(70000, 'x'), Refusal::target_too_long},
    {"many_fields",
     [] {
       std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
       for (int i = 0; i < 200; ++i) request += "X: 1\r\n";
       return request + "\r\n";
     }(),
     Refusal::too_many_fields},
};

// An answer with the status and the reason that are documented.
auto says(Refusal why) {
  const std::string reason(to_string(why));
  return AllOf(StartsWith("HTTP/1.1 " + std::to_string(status_of(why)) + " "),
               HasSubstr("\r\nx-sweetspot-reason: " + reason + "\r\n"));
}

struct Refused : ProxyTest, testing::WithParamInterface<Case> {};

TEST_P(Refused, is_answered_and_ends_the_connection) {
  start();
  Peer peer = client(GetParam().request + get("/smuggled"));

  const std::string answer = peer.read_to_end();

  EXPECT_THAT(answer, says(GetParam().why));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "one answer, no more";
  EXPECT_FALSE(origin.has_connection());
  EXPECT_EQ(recorders[0]->refusals(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Proxy, Refused, testing::ValuesIn(cases),
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
  EXPECT_THAT(peer.read_to_end(), says(Refusal::head_timeout));
}

TEST_F(Proxy, says_why_it_refuses_a_body) {
  start();
  const std::string chunked = line + host + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(client(chunked + "x").read_to_end(), says(Refusal::malformed_body));
}

TEST_F(Proxy, describes_a_refusal_as_a_problem_where_that_is_configured) {
  settings.reject_as_problem = true;
  start();
  EXPECT_THAT(client("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").read_to_end(),
              testing::EndsWith("\r\n\r\n{\"type\":\"about:blank\",\"title\":\"Not Implemented\","
                                "\"status\":501,\"reason\":\"unsupported_method\"}\n"));
}

// An answer that HEAD is owed has no body; but which method this is, nobody can say.
TEST_F(Proxy, does_not_take_what_it_cannot_read_for_the_request_before) {
  start();
  Peer peer = client("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  peer.read_head();
  peer.send("x");
  peer.send(" \r\n\r\n");
  EXPECT_THAT(peer.read_to_end(),
              AllOf(says(Refusal::malformed_line), testing::EndsWith(": malformed_line\n")));
}

TEST(Readme, has_each_reason_to_refuse_a_request_with_its_status) {
  std::vector<std::string> rows, expected;
  for (const auto& row : tests::readme_table("They keep the connection", "proxy/README.md"))
    rows.push_back(row.substr(0, row.find(" | ", row.find('`')) + 3));
  for (std::size_t i = 0; i < refusal_count; ++i) {
    const auto why = static_cast<Refusal>(i);
    expected.push_back("| " + std::to_string(status_of(why)) + " | `" +
                       std::string(to_string(why)) + "` | ");
  }
  EXPECT_THAT(rows, testing::ContainerEq(expected));
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
