// Heads and framing. The first byte says what is read: a request, an answer, or an answer to HEAD;
// the second where the rest is cut in two. Whatever is accepted must be accepted by another parser,
// too, and once forwarded must say the same again; how it was cut must not matter.
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "service/proxy/framing/chunk_decoder.hpp"
#include "service/proxy/framing/fields.hpp"
#include "service/proxy/framing/head.hpp"
#include "tests/fuzz/strict_reader.hpp"

using namespace sweetspot;
using namespace sweetspot::proxy;
namespace http = boost::beast::http;

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

const HeadLimits limits{4096, 1024, 32};

// It looks into Proxy-Connection, too, which we drop unseen.
bool may_differ(const Head& head, const char* base) {
  return std::any_of(head.lines.begin(), head.lines.end(), [&](const FieldLine& line) {
    return field_named(line.name.in(base)) == Field::proxy_connection;
  });
}

template <bool is_request>
bool beast_accepts(std::string_view head) {
  http::parser<is_request, http::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  return parser.is_header_done();
}

struct Decoded {
  ChunkDecoder::Result result = ChunkDecoder::Result::more;
  std::string payload, forwarded;
  std::size_t used = 0;
};

// As it comes in one or two parts; what the decoder leaves is fed again.
Decoded decode(std::string_view body, std::size_t cut) {
  Decoded decoded;
  ChunkDecoder decoder;
  for (const std::size_t end : {std::min(cut, body.size()), body.size()}) {
    if (decoded.result != ChunkDecoder::Result::more) break;
    std::vector<ChunkDecoder::Piece> pieces;
    std::size_t used = 0;
    decoded.result = decoder.feed(body.substr(decoded.used, end - decoded.used), used, pieces);
    require(used <= end - decoded.used, "it uses what it was given");
    decoded.used += used;
    for (const auto& piece : pieces) {
      decoded.forwarded += piece.bytes;
      if (piece.is_payload) decoded.payload += piece.bytes;
    }
  }
  return decoded;
}

void check_chunks(std::string_view body, std::size_t cut, const std::string& head,
                  bool of_requests) {
  const Decoded whole = decode(body, 0);
  const Decoded parts = decode(body, cut);
  require(whole.result == parts.result, "a cut does not change a verdict");
  if (whole.result == ChunkDecoder::Result::malformed) return;
  require(whole.payload == parts.payload && whole.forwarded == parts.forwarded &&
              whole.used == parts.used,
          "a cut does not change a body");
  if (whole.result != ChunkDecoder::Result::end) return;
  const Decoded again = decode(whole.forwarded, 0);
  require(again.result == ChunkDecoder::Result::end && again.used == whole.forwarded.size(),
          "a body ends where it ended");
  require(again.payload == whole.payload, "a body is what it was");
  const std::string problem = fuzz::StrictReader(of_requests).problem_in(head + whole.forwarded);
  require(problem.empty(), problem.c_str());
}

void fuzz_request(std::string_view bytes, std::size_t cut) {
  RequestHead head;
  const Parsed parsed = parse_request(bytes, limits, head);
  RequestHead before;
  const Parsed cut_parsed =
      parse_request(bytes.substr(0, std::min(cut, bytes.size())), limits, before);
  if (parsed == Parsed::refused)
    return require(status_of(head.refusal) >= 400, "a refusal has a status");
  require(cut_parsed != Parsed::refused, "a beginning is not refused");
  if (parsed != Parsed::complete) return;
  require(head.size <= bytes.size() && head.lines.size() <= limits.fields,
          "it stays within its bounds");
  require(may_be_parsed(bytes, 0), "it is looked at");
  require(beast_accepts<true>(bytes.substr(0, head.size)) || may_differ(head, bytes.data()),
          "another parser accepts it");

  std::string text;
  Outbox out;
  if (head.max_forwards == 0u) return;  // it goes nowhere
  append_request(bytes.data(), head, {.upstream_authority = "upstream.test", .keep_expect = true},
                 text, out);
  const std::string forwarded = out.text();
  const HeadLimits wider{1 << 20, 1 << 20, 1 << 10};
  RequestHead again;
  require(parse_request(forwarded, wider, again) == Parsed::complete, "what goes on is a head");
  require(again.size == forwarded.size(), "what goes on is one head");
  require(again.framing == head.framing && again.length == head.length, "it is framed alike");
  require(again.method_name.in(forwarded.data()) == head.method_name.in(bytes.data()),
          "it asks for the same");
  require(again.upgrade.empty() == head.upgrade.empty(), "it upgrades alike");
  const std::string problem = fuzz::StrictReader(true).problem_in(forwarded);
  require(problem.empty(), problem.c_str());
  if (head.framing == Framing::chunked) check_chunks(bytes.substr(head.size), cut, forwarded, true);
}

void fuzz_response(std::string_view bytes, std::size_t cut, bool answers_head) {
  ResponseHead head;
  const Parsed parsed = parse_response(bytes, limits, answers_head, head);
  ResponseHead before;
  const Parsed cut_parsed =
      parse_response(bytes.substr(0, std::min(cut, bytes.size())), limits, answers_head, before);
  if (parsed == Parsed::refused) return;
  require(cut_parsed != Parsed::refused, "a beginning is not refused");
  if (parsed != Parsed::complete) return;
  require(head.size <= bytes.size() && head.status >= 100 && head.status <= 999,
          "it stays within its bounds");
  if (bytes[12] == ' ') {
    require(beast_accepts<false>(bytes.substr(0, head.size)) || may_differ(head, bytes.data()),
            "another parser accepts it");
  }

  std::string text;
  Outbox out;
  append_response(bytes.data(), head, {}, text, out);
  const std::string forwarded = out.text();
  const HeadLimits wider{1 << 20, 1 << 20, 1 << 10};
  ResponseHead again;
  require(parse_response(forwarded, wider, answers_head, again) == Parsed::complete,
          "what goes on is a head");
  require(again.size == forwarded.size() && again.status == head.status, "it answers the same");
  require(again.framing == head.framing && again.length == head.length, "it is framed alike");
  if (!answers_head) {
    const std::string problem = fuzz::StrictReader(false).problem_in(forwarded);
    require(problem.empty(), problem.c_str());
  }
  if (head.framing == Framing::chunked)
    check_chunks(bytes.substr(head.size), cut, forwarded, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  switch (data[0]) {
    case 'a':
    case 'h':
      fuzz_response(bytes, data[1], data[0] == 'h');
      break;
    default:
      fuzz_request(bytes, data[1]);
  }
  return 0;
}
