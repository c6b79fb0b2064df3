#include "service/proxy/framing/head.hpp"

#include <algorithm>

#include "service/proxy/framing/head_reader.hpp"

namespace sweetspot::proxy {

namespace {

Method method_named(std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "GET" ? Method::get : name == "PUT" ? Method::put : Method::other;
    case 4:
      return name == "POST" ? Method::post : name == "HEAD" ? Method::head : Method::other;
    case 5:
      return name == "TRACE" ? Method::trace : Method::other;
    case 6:
      return name == "DELETE" ? Method::erase : Method::other;
    case 7:
      return name == "OPTIONS"   ? Method::options
             : name == "CONNECT" ? Method::connect
                                 : Method::other;
    default:
      return Method::other;
  }
}

class RequestReader final : HeadReader<RequestHead> {
 public:
  RequestReader(std::string_view bytes, const HeadLimits& limits, RequestHead& head)
      : HeadReader(bytes, limits, head) {
    head_.authority = {};
    head_.is_absolute = head_.expects_continue = head_.accepts_trailers = false;
    head_.max_forwards.reset();
  }

  Parsed read() {
    Step step = read_request_line();
    if (step == Step::done) step = read_fields();
    if (step == Step::done) step = judge_whole();
    const Parsed result = outcome(step);
    head_.refusal = refusal_;
    return result;
  }

 private:
  Step read_request_line() {
    const char* const method = at_;
    at_ = skip_token(at_, end_);
    head_.method_name = range(method, at_);
    if (at_ == method && at_ != end_) return malformed();
    if (const Step step = expect(" "); step != Step::done) return step;
    const char* const target = at_;
    at_ = skip_target(at_, end_);
    head_.target = range(target, at_);
    if (static_cast<std::size_t>(at_ - target) > limits_.target)
      return refuse(Refusal::target_too_long);
    if (at_ == target && at_ != end_) return malformed();
    if (const Step step = expect(" "); step != Step::done) return step;
    if (const Step step = read_version(); step != Step::done) return step;
    if (const Step step = expect_line_end(); step != Step::done) return step;
    has_first_line_ = true;
    if (is_foreign_) return refuse(Refusal::unsupported_version);
    head_.method = method_named(text(head_.method_name));
    // A tunnel is not ours to open, and TRACE would show a client what stands between.
    if (head_.method == Method::connect || head_.method == Method::trace)
      return refuse(Refusal::unsupported_method);
    return judge_target(text(head_.target));
  }

  // origin-form, absolute-form, or the asterisk of OPTIONS (RFC 9112, section 3.2).
  Step judge_target(std::string_view target) {
    if (target.find('#') != std::string_view::npos) return refuse(Refusal::malformed_target);
    if (target.front() == '/') return Step::done;
    if (target == "*" && head_.method == Method::options) return Step::done;
    const auto absolute = parse_absolute(target);
    if (!absolute || !is_authority(absolute->authority)) return refuse(Refusal::malformed_target);
    head_.is_absolute = true;
    head_.line_is_kept = false;
    const std::string_view authority = absolute->authority;
    head_.authority = range(authority.data(), authority.data() + authority.size());
    head_.target.begin = head_.authority.end;
    return Step::done;
  }

  Step judge_whole() {
    if (!has_host_ && !head_.is_http_1_0) return refuse(Refusal::invalid_host);
    if (has_coding_) {
      if (has_length_ || head_.is_http_1_0 || coding_ == Coding::malformed)
        return refuse(Refusal::ambiguous_framing);
      if (coding_ == Coding::unknown) return refuse(Refusal::unknown_coding);
      head_.framing = Framing::chunked;
    } else if (has_length_) {
      head_.framing = Framing::length;
    }
    return follow_connection();
  }
};

class ResponseReader final : HeadReader<ResponseHead> {
 public:
  ResponseReader(std::string_view bytes, const HeadLimits& limits, ResponseHead& head)
      : HeadReader(bytes, limits, head) {}

  Parsed read(bool answers_head) {
    Step step = read_status_line();
    if (step == Step::done) step = read_fields();
    if (step == Step::done) step = judge_whole(answers_head);
    return outcome(step);
  }

 private:
  Step read_status_line() {
    if (const Step step = read_version(); step != Step::done) return step;
    if (is_foreign_) return malformed();
    if (const Step step = expect(" "); step != Step::done) return step;
    head_.status = 0;
    for (int i = 0; i < 3; ++i, ++at_) {
      if (at_ == end_) return Step::more;
      if (!is_digit(*at_)) return malformed();
      head_.status = head_.status * 10 + (*at_ - '0');
    }
    if (head_.status < 100) return malformed();
    if (at_ == end_) return Step::more;
    const char* reason = at_;
    if (*at_ == ' ') {
      reason = ++at_;
      at_ = skip_value(at_, end_);
    } else {
      head_.line_is_kept = false;  // without a reason some leave out the space, too
    }
    head_.reason = range(reason, at_);
    const Step step = expect_line_end();
    has_first_line_ = step == Step::done;
    return step;
  }

  Step judge_whole(bool answers_head) {
    if (has_coding_ && (has_length_ || head_.is_http_1_0 || coding_ != Coding::chunked))
      return refuse(Refusal::ambiguous_framing);
    const bool is_interim = head_.status < 200;
    if (is_interim || head_.status == 204) {
      drop_length();  // RFC 9110, section 8.6: it must not be there
    } else if (answers_head || head_.status == 304) {
      // The length is that of the body which is not sent.
    } else if (has_coding_) {
      head_.framing = Framing::chunked;
    } else {
      head_.framing = has_length_ ? Framing::length : Framing::until_close;
    }
    return follow_connection();
  }

  void drop_length() {
    for (FieldLine& line : head_.lines) {
      if (line.is_framing) line.is_kept = false;
    }
    head_.length = 0;
    head_.names_length = false;
  }
};

}  // namespace

std::string_view RequestHead::path(const char* base) const {
  const std::string_view whole = target.in(base);
  return whole.substr(0, whole.find('?'));
}

bool ResponseHead::is_event_stream(const char* base) const {
  if (framing != Framing::chunked && framing != Framing::until_close) return false;
  return std::any_of(lines.begin(), lines.end(), [&](const FieldLine& line) {
    if (!equals_ignoring_case(line.name.in(base), "content-type")) return false;
    const std::string_view value = line.value.in(base);
    return equals_ignoring_case(value.substr(0, value.find_first_of("; \t")), "text/event-stream");
  });
}

Parsed parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  return RequestReader(bytes, limits, head).read();
}

Parsed parse_response(std::string_view bytes, const HeadLimits& limits, bool answers_head,
                      ResponseHead& head) {
  return ResponseReader(bytes, limits, head).read(answers_head);
}

bool may_be_parsed(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;  // a bare LF: to be refused
    if (at >= 3 && bytes[at - 2] == '\n') return true;  // the empty line
  }
  return false;
}

}  // namespace sweetspot::proxy
