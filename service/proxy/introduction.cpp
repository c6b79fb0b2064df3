#include "service/proxy/introduction.hpp"

#include <algorithm>

#include "service/proxy/framing/fields.hpp"
#include "service/proxy/framing/head.hpp"

namespace sweetspot::proxy {

namespace {

bool is_ipv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

// The fields of one name. Where the sender is trusted their values are kept, else they are dropped.
class Existing {
 public:
  Existing(RequestHead& head, const char* base, std::string_view name) {
    for (FieldLine& line : head.lines) {
      if (!line.is_kept || !equals_ignoring_case(line.name.in(base), name)) continue;
      lines_.push_back(&line);
      if (!values_.empty()) values_.append(", ");
      values_.append(line.value.in(base));
    }
  }
  void drop() {
    for (FieldLine* line : lines_) line->is_kept = false;
    lines_.clear();
    values_.clear();
  }
  bool empty() const { return lines_.empty(); }

  // Its values, and one more behind them, as one line.
  void continue_with(std::string_view name, std::string_view value, std::string& text) {
    text.append(name).append(": ");
    if (!values_.empty()) text.append(values_).append(", ");
    text.append(value).append("\r\n");
    drop();
  }

 private:
  std::vector<FieldLine*> lines_;
  std::string values_;
};

// RFC 7239, section 6: an IPv6 address stands in brackets, and what is no token in quotes.
std::string element_of(const RequestHead& head, const char* base, const Sender& sender) {
  std::string element = "for=";
  if (sender.address.empty()) {
    element.append("unknown");
  } else if (is_ipv6(sender.address)) {
    element.append("\"[").append(sender.address).append("]\"");
  } else {
    element.append(sender.address);
  }
  if (!head.authority.empty())
    element.append(";host=\"").append(head.authority.in(base)).append("\"");
  return element.append(sender.used_tls ? ";proto=https" : ";proto=http");
}

}  // namespace

Introduction::Introduction(const IntroductionSettings& settings)
    : via_(settings.via), client_(settings.client) {
  for (const std::string& text : settings.trusted) {
    if (const auto network = Network::parse(text)) trusted_.push_back(*network);
  }
}

bool Introduction::trusts(std::string_view address) const {
  return std::any_of(trusted_.begin(), trusted_.end(),
                     [&](const Network& one) { return one.contains(address); });
}

void Introduction::introduce(RequestHead& head, const char* base, const Sender& sender,
                             std::string& text) const {
  if (!via_.empty()) {
    text.append(head.is_http_1_0 ? "Via: 1.0 " : "Via: 1.1 ").append(via_).append("\r\n");
  }
  if (client_ == ClientFields::none) return;
  Existing forwarded(head, base, "forwarded"), clients(head, base, "x-forwarded-for"),
      protocol(head, base, "x-forwarded-proto"), host(head, base, "x-forwarded-host");
  if (!sender.is_trusted) {
    for (Existing* field : {&forwarded, &clients, &protocol, &host}) field->drop();
  }
  if (client_ != ClientFields::forwarded) {
    clients.continue_with("X-Forwarded-For", sender.address.empty() ? "unknown" : sender.address,
                          text);
    if (protocol.empty())
      text.append("X-Forwarded-Proto: ").append(sender.used_tls ? "https\r\n" : "http\r\n");
    if (host.empty() && !head.authority.empty()) {
      text.append("X-Forwarded-Host: ").append(head.authority.in(base)).append("\r\n");
    }
  }
  if (client_ != ClientFields::x_forwarded) {
    forwarded.continue_with("Forwarded", element_of(head, base, sender), text);
  }
}

}  // namespace sweetspot::proxy
