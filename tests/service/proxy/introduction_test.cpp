// What the upstream is told of the way that a request came.
#include "service/proxy/introduction.hpp"

#include "service/proxy/framing/head.hpp"
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

TEST(Network, contains_its_addresses_and_no_others) {
  const auto contains = [](const char* network, const char* address) {
    return Network::parse(network).value().contains(address);
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.3.4"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.168.1.128/25", "192.168.1.129"));
  EXPECT_FALSE(contains("192.168.1.128/25", "192.168.1.127"));
  EXPECT_TRUE(contains("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(contains("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "fd00::1"));
  EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
  EXPECT_FALSE(contains("fd00::/8", "fe80::1"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", ""));
}

TEST(Network, is_an_address_with_bits_that_it_has) {
  for (const char* text : {"", "a", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                           "10.0.0/8", "fd00::/129", "/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

struct IntroductionTest : testing::Test {
  IntroductionSettings settings;
  Sender sender{.address = "192.0.2.1"};

  // The head as it goes on.
  std::string introduced(const std::string& fields) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n";
    RequestHead head;
    EXPECT_EQ(parse_request(bytes, {}, head), Parsed::complete);
    std::string lines, text;
    Introduction(settings).introduce(head, bytes.data(), sender, lines);
    Outbox out;
    append_request(bytes.data(), head, {.upstream_authority = "", .lines = lines}, text, out);
    return out.text().substr(std::string("GET / HTTP/1.1\r\nHost: a.test\r\n").size());
  }
};

TEST_F(IntroductionTest, says_nothing_where_it_is_not_told_to) {
  EXPECT_FALSE(Introduction(settings).is_needed());
  EXPECT_EQ(introduced("X-Forwarded-For: a\r\nForwarded: for=b\r\n"),
            "X-Forwarded-For: a\r\nForwarded: for=b\r\n\r\n");
}

TEST_F(IntroductionTest, names_us_in_via) {
  settings.via = "edge";
  EXPECT_EQ(introduced("Via: 1.0 other\r\n"), "Via: 1.0 other\r\nVia: 1.1 edge\r\n\r\n");
}

TEST_F(IntroductionTest, replaces_what_a_stranger_says) {
  settings.client = ClientFields::x_forwarded;
  EXPECT_EQ(introduced("X-Forwarded-For: evil\r\nx-forwarded-proto: https\r\nX-FORWARDED-HOST: "
                       "b\r\nForwarded: for=c\r\nX: 1\r\n"),
            "X: 1\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
            "a.test\r\n\r\n");
}

TEST_F(IntroductionTest, continues_what_a_trusted_hop_says) {
  settings.client = ClientFields::x_forwarded;
  sender.is_trusted = true;
  EXPECT_EQ(introduced("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: "
                       "2.2.2.2\r\nX-Forwarded-Host: b\r\n"),
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, "
            "192.0.2.1\r\n\r\n");
}

TEST_F(IntroductionTest, writes_forwarded_as_rfc_7239_has_it) {
  settings.client = ClientFields::forwarded;
  EXPECT_EQ(introduced("Forwarded: for=evil\r\n"),
            "Forwarded: for=192.0.2.1;host=\"a.test\";proto=http\r\n\r\n");
  sender = {.address = "2001:db8::1", .is_trusted = true, .used_tls = true};
  EXPECT_EQ(introduced("Forwarded: for=1.1.1.1\r\n"),
            "Forwarded: for=1.1.1.1, for=\"[2001:db8::1]\";host=\"a.test\";proto=https\r\n\r\n");
  sender.address.clear();
  EXPECT_EQ(introduced(""), "Forwarded: for=unknown;host=\"a.test\";proto=https\r\n\r\n");
}

TEST_F(IntroductionTest, trusts_the_networks_it_is_told_of) {
  settings.trusted = {"192.0.2.0/24", "fd00::/8"};
  const Introduction introduction(settings);
  EXPECT_TRUE(introduction.trusts("192.0.2.9"));
  EXPECT_TRUE(introduction.trusts("fd00::9"));
  EXPECT_FALSE(introduction.trusts("192.0.3.1"));
}

TEST(Reaches, what_is_bound_to_the_same_address_or_to_all) {
  for (const auto& [host, bound] : {std::pair{"127.0.0.1", "127.0.0.1"},
                                    {"127.0.0.1", "0.0.0.0"},
                                    {"127.0.0.2", "0.0.0.0"},
                                    {"localhost", "127.0.0.1"},
                                    {"localhost", "::1"},
                                    {"localhost", "0.0.0.0"},
                                    {"127.0.0.1", "localhost"},
                                    {"0.0.0.0", "127.0.0.1"},
                                    {"0.0.0.0", "0.0.0.0"},
                                    {"127.0.0.1", "::"},
                                    {"::1", "::"},
                                    {"::", "::1"},
                                    {"0:0:0:0:0:0:0:1", "::1"},
                                    {"::ffff:127.0.0.1", "0.0.0.0"},
                                    {"shop.test", "shop.test"}})
    EXPECT_TRUE(reaches(host, bound)) << host << " at " << bound;
  for (const auto& [host, bound] : {std::pair{"127.0.0.1", "10.0.0.1"},
                                    {"127.0.0.2", "127.0.0.1"},
                                    {"10.0.0.1", "0.0.0.0"},
                                    {"::1", "0.0.0.0"},
                                    {"::1", "127.0.0.1"},
                                    {"shop.test", "0.0.0.0"},
                                    {"unix:/a", "unix:/b"},
                                    {"127.0.0.1", "unix:/b"}})
    EXPECT_FALSE(reaches(host, bound)) << host << " at " << bound;
}

using Proxy = ProxyTest;

TEST_F(Proxy, introduces_its_client_by_the_address_of_its_connection) {
  settings.introduction = {.via = "edge", .client = ClientFields::both, .trusted = {"10.0.0.0/8"}};
  start();
  Peer peer = client(get("/", "X-Forwarded-For: evil\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(),
            get("/",
                "Via: 1.1 edge\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                "X-Forwarded-Host: example.test\r\nForwarded: "
                "for=127.0.0.1;host=\"example.test\";proto=http\r\n"));
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nVia: 1.1 edge\r\n\r\nx");
}

TEST_F(Proxy, introduces_its_client_again_where_a_request_is_sent_again) {
  settings.introduction = {.client = ClientFields::x_forwarded, .trusted = {"127.0.0.0/8"}};
  start();
  Peer peer = client(get("/first"));
  Peer first = accept_request();
  first.send(ok("x"));
  peer.read_response();

  peer.send(get("/", "X-Forwarded-For: 1.1.1.1\r\n"));
  const std::string once = first.read_head();
  first.close();
  Peer second = origin.accept();
  EXPECT_EQ(second.read_head(), once);
  EXPECT_THAT(once, HasSubstr("\r\nX-Forwarded-For: 1.1.1.1, 127.0.0.1\r\n"));
  second.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

}  // namespace
}  // namespace sweetspot::proxy
