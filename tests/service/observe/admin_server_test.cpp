#include "service/observe/admin_server.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace sweetspot::observe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct AdminServerTest : testing::Test {
  AdminServerTest() {
    const auto bound = server.bind("127.0.0.1", 0);
    EXPECT_EQ(bound.error, "");
    port = bound.port;
    server.start();
    thread = std::thread([this] { loop.run(); });
  }
  ~AdminServerTest() override {
    loop.stop();
    thread.join();
  }

  // Sends the text and reads until the server closes.
  std::string exchange(const std::string& text) {
    asio::io_context client_loop;
    tcp::socket socket(client_loop);
    socket.connect({asio::ip::address_v4::loopback(), port});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(text), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }
  std::string request(const std::string& line) {
    return exchange(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  asio::io_context loop;
  LiveFeed feed{[] { return std::string("event: hello\ndata: {}\n\n"); }};
  AdminServer server{
      loop,
      {{"/healthz", [] { return Page{.body = "ok\n"}; }},
       {"/readyz", [] { return Page{.status = 503, .body = "draining\n"}; }},
       {"/third",
        [this] {
          return ++asked < 3
                     ? Page{.status = 503, .body = "", .worth_waiting = std::chrono::hours(1)}
                     : Page{.body = "now\n"};
        }},
       {"/late",
        [this] {
          ++asked;
          return Page{.status = 503, .body = "", .worth_waiting = std::chrono::milliseconds(1)};
        }}},
      {{"/order", [](const Post& post) { return Page{.body = post.origin + "|" + post.body}; }}},
      {{"/events", &feed}}};
  std::atomic<int> asked{0};
  std::uint16_t port = 0;
  std::thread thread;
};

TEST_F(AdminServerTest, answers_a_page) {
  const auto answer = request("GET /healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nok\n"));
}

TEST_F(AdminServerTest, gives_a_page_its_status_and_ignores_the_query) {
  EXPECT_THAT(request("GET /readyz?verbose=1"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(AdminServerTest, answers_a_page_that_is_worth_waiting_for_when_it_is_there) {
  EXPECT_THAT(request("GET /third"), EndsWith("\r\n\r\nnow\n"));
  EXPECT_EQ(asked, 3);
}

TEST_F(AdminServerTest, answers_what_it_has_where_waiting_was_in_vain) {
  EXPECT_THAT(request("GET /late"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(asked, 2);
}

TEST_F(AdminServerTest, answers_head_with_the_length_alone) {
  const auto answer = request("HEAD /healthz");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(AdminServerTest, knows_no_other_path_and_no_other_method) {
  EXPECT_THAT(request("GET /"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(request("GET /healthz/x"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(request("DELETE /healthz"),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(AdminServerTest, takes_an_order_by_post_alone) {
  EXPECT_THAT(exchange("POST /order HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n"
                       "Content-Length: 4\r\nConnection: close\r\n\r\nbody"),
              EndsWith("\r\n\r\nhttp://x|body"));
  EXPECT_THAT(request("GET /order"),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST\r\n")));
}

TEST_F(AdminServerTest, lets_no_page_load_or_be_framed_from_elsewhere) {
  EXPECT_THAT(request("GET /healthz"),
              testing::AllOf(HasSubstr("Content-Security-Policy: default-src 'none'"),
                             HasSubstr("frame-ancestors 'none'"),
                             HasSubstr("X-Content-Type-Options: nosniff\r\n")));
}

TEST_F(AdminServerTest, streams_a_feed_until_it_ends) {
  asio::io_context client_loop;
  tcp::socket socket(client_loop);
  socket.connect({asio::ip::address_v4::loopback(), port});
  asio::write(socket, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")));
  std::string answer;
  asio::read_until(socket, asio::dynamic_buffer(answer), "data: {}\n\n");
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/event-stream\r\n"));
  asio::post(loop, [this] { feed.end(); });
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(AdminServerTest, serves_several_requests_on_one_connection) {
  const std::string one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto answers = exchange(one + one + "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("ok\nHTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("404"));
}

TEST_F(AdminServerTest, closes_on_garbage_and_on_heads_that_are_too_large) {
  EXPECT_EQ(exchange("\x16\x03\x01 nonsense\r\n\r\n"), "");
  EXPECT_EQ(exchange("GET /healthz HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"), "");
  EXPECT_THAT(request("GET /healthz"), HasSubstr("200"));
}

TEST_F(AdminServerTest, says_that_its_port_is_taken) {
  AdminServer second(loop, {});
  const auto bound = second.bind("127.0.0.1", port);
  EXPECT_EQ(bound.error, "127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

}  // namespace
}  // namespace sweetspot::observe
