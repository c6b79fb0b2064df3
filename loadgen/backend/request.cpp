#include "loadgen/backend/request.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace sweetspot::backend {
namespace {

constexpr std::string_view line_end = "\r\n";

bool is_equal(std::string_view a, std::string_view b) {  // but for case
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// The text up to the next line end, which is consumed too.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find(line_end);
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), line.size() + line_end.size()));
  return line;
}

bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    if (is_equal(trimmed(value.substr(0, comma)), wanted)) return true;
    value.remove_prefix(std::min(value.size(), comma + 1));
  }
  return false;
}

void split_target(std::string_view target, Request& request) {
  constexpr std::string_view scheme = "http://";
  if (target.starts_with(scheme)) {
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  const auto question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
}

int parse_request_line(std::string_view line, Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  request.method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(request.method) || target.empty() || target.find(' ') != std::string_view::npos) {
    return 400;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return version.starts_with("HTTP/") ? 505 : 400;
  request.keep_alive = version == "HTTP/1.1";
  split_target(target, request);
  return 0;
}

struct Framing {
  std::optional<std::uint64_t> length;
  bool chunked = false;
};

int parse_field(std::string_view line, Request& request, Framing& framing) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  if (is_equal(name, "content-length")) {
    const auto length = whole_number<std::uint64_t>(value);
    if (!length || (framing.length && framing.length != length)) return 400;
    framing.length = length;
  } else if (is_equal(name, "transfer-encoding")) {
    if (framing.chunked) return 400;
    if (!is_equal(value, "chunked")) return 501;
    framing.chunked = true;
  } else if (is_equal(name, "connection")) {
    if (lists(value, "close")) request.keep_alive = false;
    if (lists(value, "keep-alive")) request.keep_alive = request.asks_to_keep_alive = true;
  } else if (is_equal(name, "expect")) {
    request.expects_continue = is_equal(value, "100-continue");
  }
  return 0;
}

}  // namespace

std::optional<std::uint64_t> Request::query_number(std::string_view name) const {
  for (auto rest = query; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return whole_number<std::uint64_t>(pair.substr(name.size() + 1));
    }
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return {};
}

ParsedRequest parse_request(std::string_view head) {
  ParsedRequest parsed;
  Framing framing;
  parsed.status = parse_request_line(take_line(head), parsed.request);
  while (parsed.status == 0) {
    const auto line = take_line(head);
    if (line.empty()) break;
    parsed.status = parse_field(line, parsed.request, framing);
  }
  if (parsed.status == 0 && framing.chunked && framing.length) parsed.status = 400;
  parsed.request.chunked = framing.chunked;
  parsed.request.content_length = framing.length.value_or(0);
  return parsed;
}

}  // namespace sweetspot::backend
