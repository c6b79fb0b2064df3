#include "service/fleet/api_client.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <list>
#include <utility>

#include "service/platform/units.hpp"

namespace sweetspot::fleet {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto call_timeout = std::chrono::seconds(5);
constexpr std::uint64_t largest_answer = 4 * 1024 * 1024;
constexpr std::size_t longest_line = 4 * 1024 * 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using Stream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::response_parser<http::string_body>;

Answer answer_of(const Parser& parser) {
  const auto& response = parser.get();
  Answer answer{.status = static_cast<int>(response.result_int()), .body = response.body()};
  const auto seconds = response[http::field::retry_after];
  int pause = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), pause);
  if (error == std::errc() && pause >= 0 && pause <= 3600)
    answer.retry_after = std::chrono::seconds(pause);
  if (answer.status >= 400) answer.problem = status_message(answer.body);
  return answer;
}

Answer no_answer(const std::string& what, const error_code& error) {
  return {.problem = what + ": " + error.message()};
}

}  // namespace

struct ApiClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Cluster where) : loop(io), cluster(std::move(where)) {}

  // Streams that are open, so that stop() can end them.
  struct Connection {
    explicit Connection(Impl& owner) : impl(owner), context(asio::ssl::context::tls_client) {
      context.set_verify_mode(asio::ssl::verify_peer);
      context.load_verify_file(impl.cluster.ca_file, refused);
      SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
      stream.emplace(impl.loop, context);
      stream->set_verify_callback(asio::ssl::host_name_verification(impl.cluster.host));
      impl.open.push_back(&*stream);
    }
    ~Connection() { impl.open.remove(&*stream); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Impl& impl;
    asio::ssl::context context;
    error_code refused;  // the CA
    std::optional<Stream> stream;
    beast::flat_buffer buffer;
  };

  std::string name() const { return platform::format_endpoint({cluster.host, cluster.port}); }

  // Connects, shakes hands and sends. What went wrong, or nothing.
  asio::awaitable<std::optional<Answer>> ask(Connection& to, const Call& call) {
    if (to.refused) co_return no_answer("cannot read " + cluster.ca_file, to.refused);
    beast::get_lowest_layer(*to.stream).expires_after(call_timeout);
    error_code error;
    tcp::resolver::results_type found;
    const auto address = asio::ip::make_address(cluster.host, error);
    if (!error) {
      found = tcp::resolver::results_type::create(tcp::endpoint(address, cluster.port),
                                                  cluster.host, "");
    } else {
      tcp::resolver resolver(loop);
      std::tie(error, found) =
          co_await resolver.async_resolve(cluster.host, std::to_string(cluster.port), as_result);
      if (error) co_return no_answer("cannot resolve " + cluster.host, error);
    }
    const auto [refused, endpoint] =
        co_await beast::get_lowest_layer(*to.stream).async_connect(found, as_result);
    if (refused) co_return no_answer("cannot connect to " + name(), refused);
    const auto [distrusted] =
        co_await to.stream->async_handshake(asio::ssl::stream_base::client, as_result);
    if (distrusted) co_return no_answer("no TLS with " + name(), distrusted);

    http::request<http::string_body> request(call.body.empty() ? http::verb::get : http::verb::put,
                                             call.path, 11);
    request.set(http::field::host, name());
    request.set(http::field::user_agent, "sweetspot/" SWEETSPOT_VERSION);
    request.set(http::field::accept, "application/json");
    request.set(http::field::connection, "close");
    if (const auto token = read_token(cluster); !token.empty())
      request.set(http::field::authorization, "Bearer " + token);
    if (!call.body.empty()) {
      request.set(http::field::content_type, "application/json");
      request.body() = call.body;
      request.prepare_payload();
    }
    const auto [unsent, size] = co_await http::async_write(*to.stream, request, as_result);
    if (unsent) co_return no_answer("cannot send to " + name(), unsent);
    co_return std::nullopt;
  }

  asio::awaitable<Answer> call(Call call) {
    const auto self = shared_from_this();
    Connection to(*this);
    if (auto problem = co_await ask(to, call)) co_return *problem;
    Parser parser;
    parser.body_limit(largest_answer);
    const auto [error, size] = co_await http::async_read(*to.stream, to.buffer, parser, as_result);
    if (error) co_return no_answer("no answer from " + name(), error);
    co_return answer_of(parser);
  }

  // Hands over whole lines and keeps the rest.
  static void hand_over(std::string& text, const std::function<void(std::string_view)>& take) {
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      take(std::string_view(text).substr(begin, end - begin));
      begin = end + 1;
    }
    text.erase(0, begin);
  }

  asio::awaitable<Answer> follow(Call call, Duration silence,
                                 std::function<void(std::string_view)> take) {
    const auto self = shared_from_this();
    Connection to(*this);
    if (auto problem = co_await ask(to, call)) co_return *problem;
    Parser parser;
    parser.body_limit(boost::none);
    const auto [unread, head] =
        co_await http::async_read_header(*to.stream, to.buffer, parser, as_result);
    if (unread) co_return no_answer("no answer from " + name(), unread);
    if (parser.get().result() != http::status::ok) {
      // Why it says no is worth reading, but the status says enough.
      (void)co_await http::async_read(*to.stream, to.buffer, parser, as_result);
      co_return answer_of(parser);
    }
    for (;;) {
      std::string& text = parser.get().body();
      if (!stopped) hand_over(text, take);
      if (text.size() > longest_line)
        co_return Answer{.problem = "a line of the watch is too long"};
      if (parser.is_done()) co_return Answer{.status = 200};
      beast::get_lowest_layer(*to.stream).expires_after(silence);
      const auto [error, size] =
          co_await http::async_read_some(*to.stream, to.buffer, parser, as_result);
      if (error) co_return no_answer("the watch broke", error);
    }
  }

  template <class Work>
  void run(Work work, std::function<void(Answer)> end) {
    asio::co_spawn(loop, std::move(work),
                   [self = shared_from_this(), end = std::move(end)](std::exception_ptr thrown,
                                                                     Answer answer) {
                     if (self->stopped) return;
                     if (thrown) answer = {.problem = "the answer is not HTTP"};
                     end(std::move(answer));
                   });
  }

  asio::io_context& loop;
  Cluster cluster;
  std::list<Stream*> open;
  bool stopped = false;
};

ApiClient::ApiClient(asio::io_context& loop, Cluster cluster)
    : impl_(std::make_shared<Impl>(loop, std::move(cluster))) {}

ApiClient::~ApiClient() { stop(); }

void ApiClient::send(Call call, std::function<void(Answer)> take) {
  impl_->run(impl_->call(std::move(call)), std::move(take));
}

void ApiClient::watch(std::string path, Duration silence,
                      std::function<void(std::string_view)> take, std::function<void(Answer)> end) {
  impl_->run(impl_->follow({.path = std::move(path)}, silence, std::move(take)), std::move(end));
}

void ApiClient::stop() {
  impl_->stopped = true;
  for (Stream* stream : impl_->open) beast::get_lowest_layer(*stream).cancel();
}

}  // namespace sweetspot::fleet
