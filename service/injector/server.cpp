#include "service/injector/server.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <filesystem>
#include <utility>

#include "service/platform/files.hpp"
#include "service/web/acceptor.hpp"

namespace sweetspot::injector {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto io_timeout = std::chrono::seconds(10);
constexpr auto idle_timeout = std::chrono::seconds(90);  // between two reviews of the API server
constexpr auto look_again_after = std::chrono::seconds(10);
constexpr int most_connections = 256;
constexpr std::uint32_t largest_head = 16 * 1024;
constexpr std::uint64_t largest_body =
    8 * 1024 * 1024;  // an object of etcd's has 1.5 MiB, a review two of them
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using Stream = beast::ssl_stream<beast::tcp_stream>;
using Context = std::shared_ptr<asio::ssl::context>;

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Settings given, Handler handle, OnProblem problem)
      : loop(io),
        settings(std::move(given)),
        handler(std::move(handle)),
        on_problem(std::move(problem)),
        acceptor(std::make_shared<web::Acceptor>(io, most_connections)),
        look(io) {}

  // What is wrong with the files, or nothing, and then they are in force.
  std::string load() {
    auto fresh = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(fresh->native_handle(), TLS1_2_VERSION);
    error_code error;
    for (const auto& file : {settings.certificate, settings.key})
      if (const auto problem = platform::judge_file(file); !problem.empty())
        return file + ": " + problem;
    fresh->use_certificate_chain_file(settings.certificate, error);
    if (error) return settings.certificate + ": " + error.message();
    fresh->use_private_key_file(settings.key, asio::ssl::context::pem, error);
    if (error) return settings.key + ": " + error.message();
    context = std::move(fresh);
    return {};
  }

  // A mounted Secret changes by a link, so the time is that of what it leads to.
  std::filesystem::file_time_type written() const {
    std::error_code ignored;
    return std::filesystem::last_write_time(settings.certificate, ignored);
  }

  asio::awaitable<void> watch_certificate() {
    const auto self = shared_from_this();
    for (auto seen = written(); acceptor->is_open();) {
      look.expires_after(look_again_after);
      const auto [error] = co_await look.async_wait(as_result);
      if (error || written() == seen) continue;
      seen = written();
      if (const auto problem = load(); !problem.empty()) on_problem(problem);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket, Context with) {
    const auto self = shared_from_this();
    Stream stream(std::move(socket), *with);
    auto& transport = beast::get_lowest_layer(stream);
    error_code ignored;
    transport.socket().set_option(tcp::no_delay(true), ignored);
    transport.expires_after(io_timeout);
    auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
    beast::flat_buffer buffer;
    for (bool open = !refused; open;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(largest_head);
      parser.body_limit(largest_body);
      transport.expires_after(idle_timeout);
      const auto [unread, got] = co_await http::async_read(stream, buffer, parser, as_result);
      if (unread) break;
      const auto response = answer(parser.get());
      transport.expires_after(io_timeout);
      const auto [unsent, put] = co_await http::async_write(stream, response, as_result);
      open = !unsent && response.keep_alive();
    }
    transport.socket().shutdown(tcp::socket::shutdown_both, ignored);
  }

  http::response<http::string_body> answer(const http::request<http::string_body>& request) const {
    const auto target = request.target();
    const std::string path(target.data(), std::min(target.find('?'), target.size()));
    const auto method = request.method_string();
    Reply reply = handler({method.data(), method.size()}, path, request.body());
    http::response<http::string_body> response(static_cast<http::status>(reply.status),
                                               request.version());
    response.set(http::field::content_type, reply.content_type);
    response.keep_alive(request.keep_alive());
    response.body() = std::move(reply.body);
    response.prepare_payload();
    return response;
  }

  asio::io_context& loop;
  Settings settings;
  Handler handler;
  OnProblem on_problem;
  std::shared_ptr<web::Acceptor> acceptor;
  asio::steady_timer look;
  Context context;
};

Server::Server(asio::io_context& loop, Settings settings, Handler handler, OnProblem on_problem)
    : impl_(std::make_shared<Impl>(loop, std::move(settings), std::move(handler),
                                   std::move(on_problem))) {}

Server::~Server() { stop(); }

Server::Bound Server::start() {
  if (auto problem = impl_->load(); !problem.empty())
    return {.problem = std::move(problem), .is_certificate = true};
  const auto& acceptor = impl_->acceptor;
  auto bound = acceptor->bind(impl_->settings.host, impl_->settings.port);
  if (!bound.error.empty()) return {.problem = std::move(bound.error)};
  acceptor->start(
      [self = impl_](tcp::socket socket) { return self->serve(std::move(socket), self->context); });
  asio::co_spawn(impl_->loop, impl_->watch_certificate(), asio::detached);
  return {.port = bound.port};
}

void Server::stop() {
  impl_->acceptor->close();
  impl_->look.cancel();
}

}  // namespace sweetspot::injector
