// What of a head goes on to the other side.
#include <charconv>

#include "service/proxy/framing/head.hpp"

namespace sweetspot::proxy {

namespace {

// The lines that go on, adjacent ones as one range, then ours, then the empty line.
void append_lines(const char* base, const Head& head, std::string_view ours, Outbox& out) {
  Range run;
  for (const FieldLine& line : head.lines) {
    if (!line.is_kept) continue;
    if (run.end != line.line.begin) {
      out.append(run.in(base));
      run.begin = line.line.begin;
    }
    run.end = line.line.end;
  }
  if (ours.empty()) {
    if (run.end + 2 == head.size) {
      run.end += 2;
    } else {
      ours = "\r\n";
    }
  }
  out.append(run.in(base));
  out.append(ours);
}

void add_number(std::string_view name, std::uint64_t number, std::string& text) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  text.append(name).append(": ").append(digits, end).append("\r\n");
}

void add_length(const Head& head, std::string& text) {
  if (!head.length_is_kept) add_number("Content-Length", head.length, text);
}

void add_upgrade(const char* base, const Head& head, std::string& text) {
  text.append("Connection: Upgrade\r\nUpgrade: ").append(head.upgrade.in(base)).append("\r\n");
}

}  // namespace

void append_request(const char* base, const RequestHead& head, const RequestForwarding& how,
                    std::string& text, Outbox& out) {
  text.clear();
  if (!head.line_is_kept) {
    const std::string_view target = head.target.in(base);
    text.append(head.method_name.in(base)).append(" ");
    if (target.empty() || target.front() == '?') {
      text.append(target.empty() && head.method == Method::options ? "*" : "/");
    }
    text.append(target).append(" HTTP/1.1\r\n");
  }
  const std::size_t first_line = text.size();
  if (head.authority.empty()) {
    text.append("Host: ").append(how.upstream_authority).append("\r\n");
  } else if (head.is_absolute) {
    text.append("Host: ").append(head.authority.in(base)).append("\r\n");
  }
  if (head.framing == Framing::chunked) text.append("Transfer-Encoding: chunked\r\n");
  if (head.framing == Framing::length) add_length(head, text);
  if (head.expects_continue && how.keep_expect) text.append("Expect: 100-continue\r\n");
  if (head.max_forwards) add_number("Max-Forwards", *head.max_forwards - 1, text);
  if (head.accepts_trailers) text.append("TE: trailers\r\nConnection: TE\r\n");
  if (!head.upgrade.empty()) add_upgrade(base, head, text);
  text.append(how.lines);
  if (text.size() > first_line) text.append("\r\n");

  const std::string_view all = text;
  if (!head.line_is_kept) {
    out.append(all.substr(0, first_line));
  } else {
    const std::size_t end = head.lines.empty() ? head.size - 2 : head.lines.front().name.begin;
    out.append({base, end});
  }
  append_lines(base, head, all.substr(first_line), out);
}

void append_response(const char* base, const ResponseHead& head, const ResponseForwarding& how,
                     std::string& text, Outbox& out) {
  text.clear();
  if (!head.line_is_kept) {
    char status[8];
    const auto end = std::to_chars(status, status + sizeof status, head.status).ptr;
    text.append("HTTP/1.1 ").append(status, end).append(" ").append(head.reason.in(base));
    text.append("\r\n");
  }
  const std::size_t first_line = text.size();
  if (head.framing == Framing::chunked && !how.client_http_1_0) {
    text.append("Transfer-Encoding: chunked\r\n");
  }
  if (head.names_length) add_length(head, text);
  if (head.status == 101) {
    add_upgrade(base, head, text);
  } else if (how.close) {
    text.append("Connection: close\r\n");
  } else if (how.client_http_1_0) {
    text.append("Connection: keep-alive\r\n");
  }
  if (!how.via.empty()) {
    text.append(head.is_http_1_0 ? "Via: 1.0 " : "Via: 1.1 ").append(how.via).append("\r\n");
  }
  if (!how.server_timing.empty()) {
    text.append("Server-Timing: ").append(how.server_timing).append("\r\n");
  }
  if (text.size() > first_line) text.append("\r\n");

  const std::string_view all = text;
  if (!head.line_is_kept) {
    out.append(all.substr(0, first_line));
  } else {
    const std::size_t end = head.lines.empty() ? head.size - 2 : head.lines.front().name.begin;
    out.append({base, end});
  }
  append_lines(base, head, all.substr(first_line), out);
}

}  // namespace sweetspot::proxy
