#include "loadgen/engine/response.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sweetspot::engine {
namespace {

using State = ResponseReader::State;

// Offers the text in pieces of the given size, keeping what is not taken, as a client does.
struct Fed {
  State state;
  std::size_t left;
};

Fed feed(ResponseReader& reader, std::string_view text, std::size_t piece) {
  std::string pending;
  while (!text.empty() && reader.state() != State::done && reader.state() != State::broken) {
    pending.append(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    pending.erase(0, reader.take(pending));
  }
  return {reader.state(), pending.size() + text.size()};
}

State read(std::string_view text, bool head_only = false) {
  ResponseReader reader(head_only);
  return feed(reader, text, text.size()).state;
}

constexpr std::string_view whole_responses[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ncontent-length:5 \r\nX: y\r\n\r\nhello",
    "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"
    "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n000\r\nTrailer: t\r\nB: "
    "c\r\n\r\n"};

TEST(Response, ends_where_it_ends_in_whatever_pieces_it_comes) {
  for (const auto text : whole_responses) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      ResponseReader reader;
      const auto [state, left] = feed(reader, text, piece);
      ASSERT_EQ(state, State::done) << text << " in pieces of " << piece;
      ASSERT_EQ(left, 0u) << text << " in pieces of " << piece;
    }
  }
}

TEST(Response, is_not_done_before_its_last_byte) {
  for (const auto text : whole_responses) {
    ResponseReader reader;
    const auto state = feed(reader, text.substr(0, text.size() - 1), 7).state;
    EXPECT_TRUE(state == State::head || state == State::body) << text;
  }
}

TEST(Response, leaves_alone_what_follows_it) {
  ResponseReader reader;
  const std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 ";
  EXPECT_EQ(reader.take(text), text.size() - 9);
  EXPECT_EQ(reader.state(), State::done);
}

TEST(Response, can_be_followed_by_another) {
  ResponseReader reader;
  for (const auto text : whole_responses) {
    reader.reset();
    EXPECT_EQ(feed(reader, text, text.size()).state, State::done) << text;
  }
}

TEST(Response, has_no_body_where_head_was_asked_for) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true), State::done);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true), State::done);
}

TEST(Response, without_a_length_ends_with_the_connection) {
  ResponseReader reader;
  EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\n\r\nsome text", 4).state, State::body);
  EXPECT_FALSE(reader.keeps_alive());
  reader.take_end();
  EXPECT_EQ(reader.state(), State::done);
}

TEST(Response, is_broken_where_the_connection_ends_too_early) {
  for (const auto* text :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    ResponseReader reader;
    reader.take(text);
    reader.take_end();
    EXPECT_EQ(reader.state(), State::broken) << text;
  }
}

TEST(Response, says_whether_the_connection_lives_on) {
  const auto keeps_alive = [](std::string_view text) {
    ResponseReader reader;
    reader.take(text);
    return reader.keeps_alive();
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1 204 N\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 204 N\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0 204 N\r\n\r\n"));
  EXPECT_TRUE(keeps_alive("HTTP/1.0 204 N\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
}

TEST(Response, tells_its_status) {
  ResponseReader reader;
  reader.take("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reader.status(), 503);
}

TEST(Response, is_broken_where_it_is_not_http) {
  for (const auto* text :
       {"SSH-2.0-x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: v\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "\r\n\r\n"}) {
    EXPECT_EQ(read(text), State::broken) << text;
  }
}

}  // namespace
}  // namespace sweetspot::engine
