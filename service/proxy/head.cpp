#include "service/proxy/head.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include "service/proxy/fields.hpp"

namespace sweetspot::proxy {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

// Any error ends Beast's parser; which one does not matter to us.
error_code refusal() { return http::error::bad_field; }

// Adds to Beast's reader of heads what it does not check. It sees one whole head, or the beginning
// of one, at a stable address, and keeps where things are.
template <bool is_request, typename HeadType>
class StrictParser : public http::basic_parser<is_request> {
 public:
  StrictParser(std::string_view bytes, const HeadLimits& limits, HeadType& head)
      : bytes_(bytes), limits_(limits), head_(head) {
    this->eager(false);
    this->header_limit(static_cast<std::uint32_t>(limits.bytes));
    this->body_limit(boost::none);
    head_.lines.clear();
    head_.framing = Framing::none;
    head_.length = 0;
    head_.length_is_kept = false;
    head_.upgrade = {};
  }

  Parsed parse(error_code& error) {
    const std::size_t used = this->put({bytes_.data(), bytes_.size()}, error);
    if (error == http::error::need_more) return Parsed::incomplete;
    if (error) return Parsed::refused;
    head_.size = used;
    finish_lines();
    return Parsed::complete;
  }

 protected:
  Range range(string_view part) const {
    const auto begin = static_cast<std::uint32_t>(part.data() - bytes_.data());
    return {begin, static_cast<std::uint32_t>(begin + part.size())};
  }

  bool lies_within(string_view part) const {
    return part.data() >= bytes_.data() && part.data() + part.size() <= bytes_.data() + bytes_.size();
  }

  // Beast unfolds obsolete line folding; we refuse it, as RFC 9112 section 5.2 allows, since not
  // everybody behind us unfolds it alike. Between a name's colon and its value is white space only.
  bool is_folded(string_view name, string_view value) const {
    if (value.empty() || !lies_within(value)) return !value.empty();
    for (const char* c = name.data() + name.size() + 1; c != value.data(); ++c) {
      if (*c != ' ' && *c != '\t') return true;
    }
    return false;
  }

  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& error) final {
    if (head_.lines.size() >= limits_.fields) return refuse(431, error);
    if (is_folded(name, value)) return refuse(400, error);
    FieldLine& line = head_.lines.emplace_back();
    line.name = range(name);
    line.value = value.empty() ? Range{line.name.end, line.name.end} : range(value);
    judge(field, {value.data(), value.size()}, line, error);
  }

  void judge(http::field field, std::string_view value, FieldLine& line, error_code& error) {
    switch (field) {
      case http::field::content_length: {
        const auto length = parse_length(value);
        if (has_length_ || !length) return refuse(400, error);
        has_length_ = line.is_framing = true;
        head_.length = *length;
        // Equal values may be written differently, which not everybody reads alike.
        line.is_kept = head_.length_is_kept = value.size() == 1 || value.front() != '0';
        break;
      }
      case http::field::transfer_encoding:
        if (has_coding_) return refuse(400, error);
        has_coding_ = line.is_framing = true;
        line.is_kept = false;
        coding_ = parse_coding(value);
        break;
      case http::field::connection:
        has_connection_ = line.is_connection = true;
        line.is_kept = false;
        break;
      case http::field::upgrade:
        upgrade_ = line.value;
        line.is_kept = false;
        break;
      case http::field::keep_alive:
      case http::field::proxy_connection:
      case http::field::te:
        line.is_kept = false;
        break;
      case http::field::host:
        line.is_framing = true;
        on_host(value, line, error);
        break;
      case http::field::expect:
        on_expect(value, line);
        break;
      default:
        break;
    }
  }

  virtual void on_host(std::string_view, FieldLine&, error_code&) {}
  virtual void on_expect(std::string_view, FieldLine&) {}
  virtual void refuse(int status, error_code& error) = 0;

  // Where each line ends, and which the sender has nominated for this connection only.
  void finish_lines() {
    auto& lines = head_.lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t end = i + 1 < lines.size() ? lines[i + 1].name.begin : head_.size - 2;
      lines[i].line = {lines[i].name.begin, static_cast<std::uint32_t>(end)};
    }
    bool close = false, keep_alive = false;
    if (has_connection_) follow_connection(close, keep_alive);
    head_.keeps_alive = !close && (!head_.is_http_1_0 || keep_alive);
  }

  void follow_connection(bool& close, bool& keep_alive) {
    for (std::size_t i = 0; i < head_.lines.size(); ++i) {
      if (!head_.lines[i].is_connection) continue;
      std::string_view options = text(head_.lines[i].value);
      while (const auto option = next_element(options)) {
        if (equals_ignoring_case(*option, "close")) {
          close = true;
        } else if (equals_ignoring_case(*option, "keep-alive")) {
          keep_alive = true;
        } else if (equals_ignoring_case(*option, "upgrade")) {
          if (!head_.is_http_1_0 && !offers_h2c()) head_.upgrade = upgrade_;
        } else {
          nominate(*option);
        }
      }
    }
  }

  // A tunnel to HTTP/2 would lead past all that is judged here.
  bool offers_h2c() const {
    std::string_view protocols = text(upgrade_);
    while (const auto protocol = next_element(protocols)) {
      if (equals_ignoring_case(*protocol, "h2c")) return true;
    }
    return false;
  }

  void nominate(std::string_view name) {
    for (FieldLine& line : head_.lines) {
      if (!line.is_framing && equals_ignoring_case(text(line.name), name)) line.is_kept = false;
    }
  }

  std::string_view text(Range range) const { return range.in(bytes_.data()); }

  // A body never gets as far as this parser: it is stopped at the end of the head.
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) final {}
  std::size_t on_body_impl(string_view, error_code&) final { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) final {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) final { return 0; }
  void on_header_impl(error_code&) override {}
  void on_finish_impl(error_code&) final {}
  // Beast asks both of either parser.
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}

  std::string_view bytes_;
  const HeadLimits& limits_;
  HeadType& head_;
  bool has_length_ = false, has_coding_ = false, has_connection_ = false;
  Coding coding_ = Coding::unknown;
  Range upgrade_;
};

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::get;
    case http::verb::head: return Method::head;
    case http::verb::options: return Method::options;
    case http::verb::put: return Method::put;
    case http::verb::delete_: return Method::erase;
    case http::verb::post: return Method::post;
    default: return Method::other;
  }
}

class RequestParser final : public StrictParser<true, RequestHead> {
 public:
  using StrictParser::StrictParser;

 private:
  void on_request_impl(http::verb verb, string_view method, string_view target, int version,
                       error_code& error) override {
    head_.is_http_1_0 = version == 10;
    head_.method = method_of(verb);
    head_.method_name = range(method);
    head_.target = range(target);
    head_.authority = {};
    head_.expects_continue = false;
    // A tunnel is not ours to open, and TRACE would show a client what stands between.
    if (verb == http::verb::connect || verb == http::verb::trace) return refuse(501, error);
    if (target.size() > limits_.target) return refuse(414, error);
    if (target.find('#') != string_view::npos) return refuse(400, error);
    judge_target({target.data(), target.size()}, error);
  }

  // origin-form, absolute-form, or the asterisk of OPTIONS (RFC 9112, section 3.2).
  void judge_target(std::string_view target, error_code& error) {
    head_.is_absolute = false;
    if (target.front() == '/') return;
    if (target == "*" && head_.method == Method::options) return;
    const auto absolute = parse_absolute(target);
    if (!absolute || !is_authority(absolute->authority)) return refuse(400, error);
    head_.is_absolute = true;
    head_.authority = range({absolute->authority.data(), absolute->authority.size()});
    head_.target.begin = head_.authority.end;
  }

  void on_host(std::string_view value, FieldLine& line, error_code& error) override {
    if (has_host_ || !is_authority(value)) return refuse(400, error);
    has_host_ = true;
    // The target's authority wins over the field (RFC 9112, section 3.2.2).
    line.is_kept = !head_.is_absolute;
    if (!head_.is_absolute) head_.authority = line.value;
  }

  void on_expect(std::string_view value, FieldLine& line) override {
    if (head_.is_http_1_0 || !equals_ignoring_case(value, "100-continue")) return;
    head_.expects_continue = true;
    line.is_kept = false;
  }

  void on_header_impl(error_code& error) override {
    if (!has_host_ && !head_.is_http_1_0) return refuse(400, error);
    if (has_coding_) {
      if (has_length_ || head_.is_http_1_0 || coding_ == Coding::malformed) {
        return refuse(400, error);
      }
      if (coding_ == Coding::unknown) return refuse(501, error);
      head_.framing = Framing::chunked;
    } else if (has_length_) {
      head_.framing = Framing::length;
    }
  }

  void refuse(int status, error_code& error) override {
    head_.refusal = status;
    error = proxy::refusal();
  }

  bool has_host_ = false;
};

class ResponseParser final : public StrictParser<false, ResponseHead> {
 public:
  ResponseParser(std::string_view bytes, const HeadLimits& limits, bool answers_head,
                 ResponseHead& head)
      : StrictParser(bytes, limits, head), answers_head_(answers_head) {}

 private:
  void on_response_impl(int status, string_view reason, int version, error_code& error) override {
    head_.status = status;
    head_.reason = range(reason);
    head_.is_http_1_0 = version == 10;
    if (status < 100) refuse(502, error);
  }

  void on_header_impl(error_code& error) override {
    if (has_coding_ && (has_length_ || head_.is_http_1_0 || coding_ != Coding::chunked)) {
      return refuse(502, error);
    }
    const bool is_interim = head_.status < 200;
    if (is_interim || head_.status == 204) {
      drop_length();  // RFC 9110, section 8.6: it must not be there
    } else if (answers_head_ || head_.status == 304) {
      // The length is that of the body which is not sent.
    } else if (has_coding_) {
      head_.framing = Framing::chunked;
    } else {
      head_.framing = has_length_ ? Framing::length : Framing::until_close;
    }
  }

  void drop_length() {
    for (FieldLine& line : head_.lines) {
      if (line.is_framing) line.is_kept = false;
    }
    head_.length = 0;
  }

  void refuse(int, error_code& error) override { error = proxy::refusal(); }

  const bool answers_head_;
};

}  // namespace

std::string_view RequestHead::path(const char* base) const {
  const std::string_view whole = target.in(base);
  return whole.substr(0, whole.find('?'));
}

Parsed parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  error_code error;
  head.refusal = 400;
  const Parsed parsed = RequestParser(bytes, limits, head).parse(error);
  if (parsed == Parsed::refused && error == http::error::header_limit) {
    const bool in_first_line = bytes.find('\n') == std::string_view::npos;
    head.refusal = in_first_line ? 414 : 431;
  }
  return parsed;
}

Parsed parse_response(std::string_view bytes, const HeadLimits& limits, bool answers_head,
                      ResponseHead& head) {
  error_code error;
  return ResponseParser(bytes, limits, answers_head, head).parse(error);
}

bool may_be_parsed(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;               // a bare LF: to be refused
    if (at >= 3 && bytes[at - 2] == '\n') return true;               // the empty line
  }
  return false;
}

}  // namespace sweetspot::proxy
