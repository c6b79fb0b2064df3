#include "service/proxy/local_response.hpp"

namespace sweetspot::proxy {

namespace {
std::string_view phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Error";
  }
}
}  // namespace

std::string serialize(const LocalResponse& response, const LocalForwarding& how) {
  std::string body = std::to_string(response.status);
  body.append(" ").append(phrase(response.status));
  std::string text = "HTTP/1.1 " + body + "\r\n";
  if (!response.reason.empty()) body.append(": ").append(response.reason);
  body.append("\n");

  text.append("Content-Type: text/plain\r\nContent-Length: ").append(std::to_string(body.size()));
  if (!response.reason.empty()) text.append("\r\nx-sweetspot-reason: ").append(response.reason);
  if (response.retry_after > 0) {
    text.append("\r\nRetry-After: ").append(std::to_string(response.retry_after));
  }
  if (how.close) {
    text.append("\r\nConnection: close");
  } else if (how.client_http_1_0) {
    text.append("\r\nConnection: keep-alive");
  }
  text.append("\r\n\r\n");
  if (!how.answers_head) text.append(body);
  return text;
}

}  // namespace sweetspot::proxy
