#include "loadgen/backend/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace sweetspot::backend {
namespace {

constexpr std::uint64_t usual_bytes = 100;
constexpr std::uint64_t most_bytes = 1024 * 1024 * 1024;

const std::string& filling() {
  static const std::string block = [] {
    std::string text;
    while (text.size() < 64 * 1024)
      text += "All work and no waiting would be a different server.\n";
    return text;
  }();
  return block;
}

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "HTTP Version Not Supported";
  }
}

// Sends all of it, head and body in one gathered write where the kernel takes them.
bool send_all(int socket, std::string_view head, std::string_view body) {
  std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()},
                              {const_cast<char*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (parts[0].iov_len + parts[1].iov_len > 0) {
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    auto left = static_cast<std::size_t>(sent);
    for (auto& part : parts) {
      const std::size_t taken = std::min(left, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + taken;
      part.iov_len -= taken;
      left -= taken;
    }
  }
  return true;
}

// Counts a request as in flight for as long as it lives.
class InFlight {
 public:
  explicit InFlight(Peaking& count) : count_(count) { count_.add(1); }
  ~InFlight() { count_.add(-1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Peaking& count_;
};

int accept_queue(int listener) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int error = ::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size);
  return error == 0 ? static_cast<int>(info.tcpi_unacked) : 0;  // for a listener: its backlog now
}

}  // namespace

void Connection::run() {
  while (serve_one()) {
  }
}

bool Connection::serve_one() {
  const auto text = input_.head();
  if (text.empty()) {
    if (input_.overflowed()) refuse(431);
    return false;
  }
  head_.assign(text);  // the input's buffer is needed for the body
  const auto [status, request] = parse_request(head_);
  if (status != 0) {
    refuse(status);
    return false;
  }
  return read_body(request) && respond(request) && request.keep_alive && !site_.stopping;
}

bool Connection::read_body(const Request& request) {
  body_.clear();
  const bool has_body = request.chunked || request.content_length > 0;
  if (!has_body) return true;
  if (request.expects_continue && !send_all(socket_, "HTTP/1.1 100 Continue\r\n\r\n", {})) {
    return false;
  }
  std::string* kept = request.path == "/echo" || request.path == "/fault" ? &body_ : nullptr;
  const bool read =
      request.chunked ? input_.chunked_body(kept) : input_.body(request.content_length, kept);
  if (!read) refuse(kept && request.content_length > Input::kept_bound ? 413 : 400);
  return read;
}

bool Connection::respond(const Request& request) {
  if (request.path == "/stats") {
    return send_answer(request, {.type = "application/json", .body = statistics()});
  }
  if (request.path == "/fault") {
    const std::string error = request.method == "POST" ? site_.faults.set(body_) : std::string();
    if (!error.empty()) return send_answer(request, {.status = 400, .body = error + "\n"});
    return send_answer(request, {.type = "application/json", .body = site_.faults.to_json()});
  }
  return respond_to_work(request);
}

bool Connection::respond_to_work(const Request& request) {
  const InFlight counted(site_.in_flight);
  const auto fate = site_.faults.draw_fate();
  Answer answer{.body = body_, .filler = request.query_number("bytes").value_or(usual_bytes)};
  if (request.path == "/echo" || answer.filler > most_bytes) answer.filler = 0;

  const bool done = site_.faults.delay() && (fate != Faults::Fate::serve || site_.model->work()) &&
                    site_.faults.wait_out_stall();
  if (fate == Faults::Fate::reset) {
    reset();
    return false;
  }
  if (!done) answer = {.status = 503, .body = "the server is stopping\n"};
  if (done && fate == Faults::Fate::error) answer = {.status = 500, .body = "as ordered\n"};
  ++site_.served;
  return send_answer(request, answer);
}

bool Connection::send_answer(const Request& request, const Answer& answer) {
  const bool filled = answer.body.empty();
  const std::uint64_t length = filled ? answer.filler : answer.body.size();
  const bool closes = !request.keep_alive || site_.stopping;
  std::array<char, 256> head;
  const int size = std::snprintf(
      head.data(), head.size(),
      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\n%s\r\n", answer.status,
      phrase(answer.status).data(), answer.type.data(), static_cast<unsigned long long>(length),
      closes                       ? "Connection: close\r\n"
      : request.asks_to_keep_alive ? "Connection: keep-alive\r\n"
                                   : "");
  const std::string_view text(head.data(), static_cast<std::size_t>(size));
  if (request.method == "HEAD") return send_all(socket_, text, {});
  if (!filled) return send_all(socket_, text, answer.body);
  const auto first = std::min<std::uint64_t>(length, filling().size());
  return send_all(socket_, text, std::string_view(filling()).substr(0, first)) &&
         send_filler(length - first);
}

bool Connection::send_filler(std::uint64_t bytes) {
  while (bytes > 0) {
    const auto part = std::min<std::uint64_t>(bytes, filling().size());
    if (!send_all(socket_, {}, std::string_view(filling()).substr(0, part))) return false;
    bytes -= part;
  }
  return true;
}

void Connection::refuse(int status) {
  Request last;
  last.keep_alive = false;
  send_answer(last, {.status = status, .body = phrase(status)});
  // Bytes left unread would turn the close into a reset, and the peer might lose the answer.
  ::shutdown(socket_, SHUT_WR);
  const timeval patience{0, 200'000};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 4096> unread;
  for (int i = 0; i < 64 && ::recv(socket_, unread.data(), unread.size(), 0) > 0; ++i) {
  }
}

void Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string Connection::statistics() const {
  std::array<char, 256> text;
  const int size = std::snprintf(
      text.data(), text.size(),
      "{\"threads\":%d,\"peak_threads\":%d,\"in_flight\":%d,\"peak_in_flight\":%d,"
      "\"served\":%llu,\"accept_queue\":%d}\n",
      site_.threads.value(), site_.threads.peak(), site_.in_flight.value(), site_.in_flight.peak(),
      static_cast<unsigned long long>(site_.served.load()), accept_queue(site_.listener));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace sweetspot::backend
