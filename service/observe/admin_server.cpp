#include "service/observe/admin_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <string_view>
#include <utility>

#include "service/web/acceptor.hpp"

namespace sweetspot::observe {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto io_timeout = std::chrono::seconds(10);
constexpr auto pause_before_asking_again = std::chrono::milliseconds(50);
constexpr int most_connections = 64;
constexpr std::uint32_t largest_head = 8192;
constexpr std::uint64_t largest_body = 4096;
constexpr std::string_view feed_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 2000\n\n";
constexpr std::string_view busy_head =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::string_view path_of(const Request& request) {
  const auto target = request.target();
  return {target.data(), std::min(target.find('?'), target.size())};
}

std::string text_of(boost::core::string_view view) { return {view.data(), view.size()}; }

Post post_of(const Request& request) {
  return {.host = text_of(request[http::field::host]),
          .origin = text_of(request[http::field::origin]),
          .fetch_site = text_of(request["Sec-Fetch-Site"]),
          .content_type = text_of(request[http::field::content_type]),
          .authorization = text_of(request[http::field::authorization]),
          .body = request.body()};
}

// A page must load nothing from elsewhere, be framed by nobody, and be what its type says.
void harden(Response& response) {
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
               "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
}

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Pages pages_given, Posts posts_given, Feeds feeds_given)
      : loop(io),
        acceptor(std::make_shared<web::Acceptor>(io, most_connections)),
        pages(std::move(pages_given)),
        posts(std::move(posts_given)),
        feeds(std::move(feeds_given)) {}

  Page page_for(const Request& request) const {
    const std::string_view path = path_of(request);
    const auto method = request.method();
    const auto page = pages.find(path);
    const auto post = posts.find(path);
    if (post != posts.end())
      return method == http::verb::post ? post->second(post_of(request))
                                        : Page{.status = 405, .body = "only POST\n"};
    if (page == pages.end()) return {.status = 404, .body = "not found\n"};
    if (method != http::verb::get && method != http::verb::head)
      return {.status = 405, .body = "only GET and HEAD\n"};
    return page->second();
  }

  Response response_of(Page page, const Request& request) const {
    Response response(static_cast<http::status>(page.status), request.version());
    response.set(http::field::content_type, page.content_type);
    response.set(http::field::cache_control, "no-store");
    harden(response);
    if (page.status == 405)
      response.set(http::field::allow, posts.contains(path_of(request)) ? "POST" : "GET, HEAD");
    response.keep_alive(request.keep_alive());
    response.content_length(page.body.size());
    if (request.method() != http::verb::head) response.body() = std::move(page.body);
    return response;
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    const auto self = shared_from_this();
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    for (bool open = true; open;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(largest_head);
      parser.body_limit(largest_body);
      stream.expires_after(io_timeout);
      const auto [read_error, got] = co_await http::async_read(stream, buffer, parser, as_result);
      if (read_error) break;
      const auto feed = feeds.find(path_of(parser.get()));
      if (feed != feeds.end() && parser.get().method() == http::verb::get) {
        co_await show(stream, *feed->second);
        break;
      }
      const Response response = co_await answer(parser.get());
      stream.expires_after(io_timeout);
      const auto [write_error, put] = co_await write(stream, response, parser.get().method());
      open = !write_error && response.keep_alive();
    }
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  }

  // Passes on what the feed says until the viewer has left or fallen behind.
  asio::awaitable<void> show(beast::tcp_stream& stream, LiveFeed& feed) {
    asio::steady_timer woken(loop, asio::steady_timer::time_point::max());
    const auto viewer = feed.join([&woken] { woken.cancel(); });
    std::string text(viewer ? feed_head : busy_head);
    for (;;) {
      stream.expires_after(io_timeout);
      const auto [error, put] = co_await asio::async_write(stream, asio::buffer(text), as_result);
      if (error || !viewer || viewer->is_cut_off) break;
      if (viewer->pending.empty()) {
        woken.expires_at(asio::steady_timer::time_point::max());
        co_await woken.async_wait(as_result);
      }
      text.clear();
      for (; !viewer->pending.empty(); viewer->pending.pop_front())
        text += *viewer->pending.front();
    }
  }

  asio::awaitable<Response> answer(const Request& request) {
    const auto arrived = std::chrono::steady_clock::now();
    Page page = page_for(request);
    while (std::chrono::steady_clock::now() - arrived < page.worth_waiting) {
      asio::steady_timer pause(loop, pause_before_asking_again);
      co_await pause.async_wait(as_result);
      page = page_for(request);
    }
    co_return response_of(std::move(page), request);
  }

  // A HEAD's answer names the length of the body that it leaves out.
  static asio::awaitable<std::tuple<error_code, std::size_t>> write(beast::tcp_stream& stream,
                                                                    const Response& response,
                                                                    http::verb method) {
    http::response_serializer<http::string_body> serializer(response);
    if (method == http::verb::head)
      co_return co_await http::async_write_header(stream, serializer, as_result);
    co_return co_await http::async_write(stream, serializer, as_result);
  }

  asio::io_context& loop;
  std::shared_ptr<web::Acceptor> acceptor;
  Pages pages;
  Posts posts;
  Feeds feeds;
};

AdminServer::AdminServer(asio::io_context& loop, Pages pages, Posts posts, Feeds feeds)
    : impl_(std::make_shared<Impl>(loop, std::move(pages), std::move(posts), std::move(feeds))) {}

AdminServer::~AdminServer() { stop(); }

AdminServer::Bound AdminServer::bind(const std::string& host, std::uint16_t port) {
  auto bound = impl_->acceptor->bind(host, port);
  return {bound.port, std::move(bound.error)};
}

void AdminServer::start() {
  impl_->acceptor->start(
      [self = impl_](tcp::socket socket) { return self->serve(std::move(socket)); });
}

void AdminServer::stop() {
  impl_->acceptor->close();
  for (const auto& [path, feed] : impl_->feeds) feed->end();
}

}  // namespace sweetspot::observe
