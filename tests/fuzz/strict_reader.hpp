#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::fuzz {

// Looks at what the proxy wrote, and knows nothing of how the proxy reads: lines by CRLF, one
// framing, and nothing between messages. A fuzzer aborts where it does not like what it sees.
class StrictReader {
 public:
  explicit StrictReader(bool of_requests) : of_requests_(of_requests) {}

  // What is wrong with the messages of `bytes`, of which the last may be unfinished; empty:
  // nothing.
  std::string problem_in(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) return {};
      if (auto problem = read_head(bytes.substr(0, end + 2)); !problem.empty()) return problem;
      bytes.remove_prefix(end + 4);
      ++messages_;
      if (upgrades_ || until_close_) return {};
      if (chunked_ ? !skip_chunks(bytes) : !skip(bytes, length_)) return problem_;
    }
    return {};
  }
  int messages() const { return messages_; }

 private:
  std::string read_head(std::string_view head) {
    for (std::size_t at = 0; at < head.size(); ++at) {
      const auto c = static_cast<unsigned char>(head[at]);
      if (c == '\r'   ? head[at + 1] != '\n'
          : c == '\n' ? head[at - 1] != '\r'
                      : (c < 0x20 && c != '\t') || c == 0x7f) {
        return "a control character in a head";
      }
    }
    int hosts = 0, lengths = 0, codings = 0;
    chunked_ = until_close_ = false;
    length_ = 0;
    std::size_t end = head.find("\r\n");
    const std::string_view first = head.substr(0, end);
    if (of_requests_ ? !first.ends_with(" HTTP/1.1") : !first.starts_with("HTTP/1.1 "))
      return "a strange first line";
    head.remove_prefix(end + 2);
    while (!head.empty()) {
      end = head.find("\r\n");
      const std::string_view line = head.substr(0, end);
      head.remove_prefix(end + 2);
      const std::size_t colon = line.find(':');
      if (colon == 0 || colon == std::string_view::npos) return "a field without a name";
      std::string name;
      for (const char c : line.substr(0, colon))
        name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      if (name.find_first_of(" \t") != std::string::npos) return "a blank in a field's name";
      std::string_view value = line.substr(colon + 1);
      while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
      while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
      if (name == "host") ++hosts;
      if (name == "upgrade") upgrades_ = true;
      if (name == "transfer-encoding") {
        ++codings;
        chunked_ = value == "chunked";
        if (!chunked_) return "another coding than chunked";
      }
      if (name == "content-length") {
        ++lengths;
        for (const char c : value) {
          if (c < '0' || c > '9') return "a length that is no number";
          length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
        }
      }
    }
    if (lengths + codings > 1) return "more than one framing";
    if (of_requests_) return hosts == 1 ? "" : "not exactly one Host";
    const std::string_view status = first.substr(9, 3);
    const bool has_no_body = status.starts_with('1') || status == "204" || status == "304";
    if (has_no_body) length_ = 0;
    until_close_ = !has_no_body && lengths + codings == 0;
    return {};
  }

  // False where the bytes end within, or are wrong.
  bool skip(std::string_view& bytes, std::uint64_t count) {
    if (bytes.size() < count) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }
  bool skip_chunks(std::string_view& bytes) {
    for (;;) {
      const std::size_t end = bytes.find("\r\n");
      if (end == std::string_view::npos) return false;
      std::uint64_t size = 0;
      if (end == 0) return wrong("a chunk without a size");
      for (const char c : bytes.substr(0, end)) {
        const int digit = c >= '0' && c <= '9'                 ? c - '0'
                          : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                               : -1;
        if (digit < 0) return wrong("a chunk's size that is no number");
        size = size * 16 + static_cast<std::uint64_t>(digit);
      }
      bytes.remove_prefix(end + 2);
      if (size == 0) return skip_trailers(bytes);
      if (!skip(bytes, size)) return false;
      if (bytes.size() >= 2 && !bytes.starts_with("\r\n"))
        return wrong("a chunk that does not end");
      if (!skip(bytes, 2)) return false;
    }
  }
  bool skip_trailers(std::string_view& bytes) {
    for (;;) {
      const std::size_t end = bytes.find("\r\n");
      if (end == std::string_view::npos) return false;
      const std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(end + 2);
      if (line.empty()) return true;
      if (line.find(':') == std::string_view::npos) return wrong("a trailer without a name");
    }
  }
  bool wrong(const char* what) {
    problem_ = what;
    return false;
  }

  const bool of_requests_;
  std::string problem_;
  int messages_ = 0;
  bool chunked_ = false, upgrades_ = false, until_close_ = false;
  std::uint64_t length_ = 0;
};

}  // namespace sweetspot::fuzz
