#include "service/proxy/local_response.hpp"

namespace sweetspot::proxy {

namespace {
std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 508:
      return "Loop Detected";
    default:
      return "Error";
  }
}

std::string problem(const LocalResponse& response) {
  std::string body = "{\"type\":\"about:blank\",\"title\":\"";
  body.append(phrase(response.status)).append("\",\"status\":");
  body.append(std::to_string(response.status)).append(",\"reason\":\"").append(response.reason);
  return body.append("\"}\n");
}
}  // namespace

std::string serialize(const LocalResponse& response, const LocalForwarding& how) {
  std::string body = std::to_string(response.status);
  body.append(" ").append(phrase(response.status));
  std::string text = "HTTP/1.1 " + body + "\r\n";
  if (!response.reason.empty()) body.append(": ").append(response.reason);
  body.append("\n");
  if (response.is_problem) body = problem(response);

  text.append("Content-Type: ")
      .append(response.is_problem ? "application/problem+json" : "text/plain");
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
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
