// The parts that know no socket.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "service/proxy/framing/chunk_decoder.hpp"
#include "service/proxy/framing/fields.hpp"
#include "service/proxy/framing/head.hpp"
#include "service/proxy/io/deadline.hpp"
#include "service/proxy/io/turn.hpp"
#include "service/proxy/stall_meter.hpp"

namespace sweetspot::proxy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Decoded {
  ChunkDecoder::Result result = ChunkDecoder::Result::more;
  std::string payload, passed_on;
};

// Fed in pieces of at most `step` bytes, and with them what was left of those before.
Decoded decode(const std::string& bytes, std::size_t step, bool passes_trailers = true) {
  ChunkDecoder decoder(passes_trailers);
  Decoded decoded;
  std::size_t at = 0;
  for (std::size_t end = step; at < bytes.size() && decoded.result == ChunkDecoder::Result::more;
       end += step) {
    std::vector<ChunkDecoder::Piece> pieces;
    std::size_t used = 0;
    end = std::min(end, bytes.size() + step);
    decoded.result = decoder.feed(std::string_view(bytes).substr(at, end - at), used, pieces);
    at += used;
    if (end >= bytes.size() && used == 0) break;
    for (const auto& piece : pieces) {
      decoded.passed_on += piece.bytes;
      if (piece.is_payload) decoded.payload += piece.bytes;
    }
  }
  return decoded;
}

TEST(ChunkDecoder, decodes_the_same_whatever_pieces_come) {
  const std::string body = "3\r\nabc\r\nA;x=\"y;z\"\r\n0123456789\r\n000\r\nX: 1\r\nY: \r\n\r\n";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    const Decoded decoded = decode(body, step);
    EXPECT_EQ(decoded.result, ChunkDecoder::Result::end);
    EXPECT_EQ(decoded.payload, "abc0123456789");
    EXPECT_EQ(decoded.passed_on, "3\r\nabc\r\nA\r\n0123456789\r\n000\r\nX: 1\r\nY: \r\n\r\n");
  }
}

TEST(ChunkDecoder, drops_trailers_that_must_not_trail) {
  const std::string body =
      "0\r\nX: 1\r\nhOsT: a\r\nContent-Length: 3\r\nX-Forwarded-For: b\r\nY: 2\r\n\r\n";
  EXPECT_EQ(decode(body, 3).passed_on, "0\r\nX: 1\r\nY: 2\r\n\r\n");
  EXPECT_EQ(decode(body, 3, false).passed_on, "0\r\n\r\n");
}

TEST(ChunkDecoder, refuses_trailers_that_are_no_fields) {
  for (const char* trailer : {"X\r\n", ": 1\r\n", "X : 1\r\n", " X: 1\r\n", "X: \x01\r\n", "X: 1\n",
                              "X: a\rb\r\n", "\n"}) {
    EXPECT_EQ(decode("0\r\n" + std::string(trailer) + "\r\n", 100).result,
              ChunkDecoder::Result::malformed)
        << trailer;
  }
}

TEST(ChunkDecoder, leaves_what_follows_the_body) {
  ChunkDecoder decoder;
  std::vector<ChunkDecoder::Piece> pieces;
  std::size_t used = 0;
  EXPECT_EQ(decoder.feed("0\r\n\r\nGET /", used, pieces), ChunkDecoder::Result::end);
  EXPECT_EQ(used, 5u);
}

TEST(ChunkDecoder, bounds_extensions_trailers_and_sizes) {
  EXPECT_EQ(decode("1;" + std::string(5000, 'x') + "\r\n", 100).result,
            ChunkDecoder::Result::malformed);
  EXPECT_EQ(decode("0\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", 100).result,
            ChunkDecoder::Result::malformed);
  EXPECT_EQ(decode("00000000000000001\r\n", 100).result, ChunkDecoder::Result::malformed);
  EXPECT_EQ(decode("8000000000000000\r\n", 100).result, ChunkDecoder::Result::malformed);
}

TEST(Fields, reads_a_length_of_digits_only) {
  EXPECT_EQ(parse_length("0"), 0u);
  EXPECT_EQ(parse_length("9223372036854775807"), 9223372036854775807u);
  for (const char* bad : {"", " 1", "1 ", "+1", "-1", "1,1", "0x1", "9223372036854775808", "1e3"}) {
    EXPECT_EQ(parse_length(bad), std::nullopt) << bad;
  }
}

TEST(Fields, knows_an_authority) {
  for (const char* good : {"a", "a.b", "a:80", "a:", "127.0.0.1:1", "[::1]", "[::1]:80", "a%20b"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
  for (const char* bad : {"", ":80", "a:b", "a:123456", "a/b", "a b", "u@a", "[::1", "[]", "[::1]x",
                          "a%2", "a%zz", "a\tb", "a?b"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

TEST(Head, is_read_or_incomplete_but_never_refused_when_it_is_cut) {
  const std::string request = "GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n";
  RequestHead head;
  for (std::size_t size = 0; size < request.size(); ++size) {
    EXPECT_EQ(parse_request(std::string_view(request).substr(0, size), {}, head),
              Parsed::incomplete);
  }
  EXPECT_EQ(parse_request(request + "body", {}, head), Parsed::complete);
  EXPECT_EQ(head.size, request.size());
}

TEST(Head, is_looked_at_again_once_it_may_be_complete) {
  EXPECT_FALSE(may_be_parsed("GET / HTTP/1.1\r\nHost: a\r\n", 0));
  EXPECT_TRUE(may_be_parsed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 25));
  EXPECT_TRUE(may_be_parsed("GET / HTTP/1.1\nHost: a", 10));
}

struct Alarm final : Deadline {
  std::vector<int>& rung;
  int name;
  Alarm(std::vector<int>& r, int n) : rung(r), name(n) {}
  void on_expiry() override { rung.push_back(name); }
};

struct DeadlinesTest : testing::Test {
  static std::array<Duration, wait_count> lengths() {
    std::array<Duration, wait_count> all;
    all.fill(10s);
    all[static_cast<std::size_t>(Wait::park)] = 1s;
    return all;
  }
  const TimePoint start{1h};
  std::vector<TimePoint> told;
  std::vector<int> rung;
  Deadlines deadlines{lengths(), [this](TimePoint at) { told.push_back(at); }};
  Alarm a{rung, 1}, b{rung, 2}, c{rung, 3};
};

TEST_F(DeadlinesTest, expire_in_time_and_not_before) {
  deadlines.arm(a, Wait::idle, start);
  deadlines.arm(b, Wait::idle, start + 1s);
  deadlines.sweep(start + 9s);
  EXPECT_THAT(rung, ElementsAre());
  EXPECT_EQ(deadlines.sweep(start + 10s), start + 11s);
  EXPECT_THAT(rung, ElementsAre(1));
  EXPECT_TRUE(a.expired());
  EXPECT_EQ(deadlines.sweep(start + 11s), std::nullopt);
  EXPECT_THAT(rung, ElementsAre(1, 2));
}

TEST_F(DeadlinesTest, forget_what_is_disarmed_or_armed_anew) {
  deadlines.arm(a, Wait::idle, start);
  deadlines.arm(b, Wait::idle, start);
  deadlines.disarm(a);
  deadlines.arm(b, Wait::idle, start + 5s);
  EXPECT_EQ(deadlines.sweep(start + 10s), start + 15s);
  EXPECT_THAT(rung, ElementsAre());
}

TEST_F(DeadlinesTest, move_with_their_length_also_where_they_are_armed) {
  deadlines.arm(a, Wait::idle, start);
  auto shorter = lengths();
  shorter[static_cast<std::size_t>(Wait::idle)] = 4s;
  deadlines.set_lengths(shorter);
  EXPECT_THAT(told, ElementsAre(start + 10s, start + 4s));
  deadlines.arm(b, Wait::idle, start + 1s);
  EXPECT_EQ(deadlines.sweep(start + 4s), start + 5s);
  EXPECT_THAT(rung, ElementsAre(1));
}

TEST_F(DeadlinesTest, ask_for_a_sweep_only_where_it_is_due_earlier) {
  deadlines.arm(a, Wait::idle, start);
  deadlines.arm(b, Wait::idle, start + 1s);
  deadlines.disarm(a);
  deadlines.arm(a, Wait::idle, start + 2s);
  deadlines.arm(c, Wait::park, start + 3s);
  EXPECT_THAT(told, ElementsAre(start + 10s, start + 4s));
}

struct TurnTest : testing::Test {
  struct Task final : Postponed {
    Task(Turn& turn, std::string n, std::vector<std::string>& d)
        : Postponed(turn), name(std::move(n)), done(d) {}
    void on_turn() noexcept override {
      done.push_back(name);
      if (then != nullptr) then->postpone(1);
    }
    std::string name;
    std::vector<std::string>& done;
    Task* then = nullptr;
  };
  int asked = 0;
  std::vector<std::string> done;
  Turn turn{[this] { ++asked; }, 0.8};
  Task a{turn, "a", done}, b{turn, "b", done}, c{turn, "c", done};
};

TEST_F(TurnTest, does_what_was_postponed_in_order_once_its_turns_have_passed) {
  a.postpone(2);
  b.postpone(1);
  c.postpone(1);
  b.postpone(5);  // it is already
  EXPECT_EQ(asked, 1);
  turn.begin();
  EXPECT_THAT(done, ElementsAre("b", "c"));
  EXPECT_EQ(asked, 2);
  turn.begin();
  EXPECT_THAT(done, ElementsAre("b", "c", "a"));
  EXPECT_EQ(asked, 2) << "nothing is left to ask for";
}

TEST_F(TurnTest, leaves_what_is_postponed_meanwhile_to_the_turn_after) {
  a.then = &a;
  a.postpone(1);
  turn.begin();
  EXPECT_THAT(done, ElementsAre("a"));
  EXPECT_EQ(asked, 2);
  turn.begin();
  EXPECT_THAT(done, ElementsAre("a", "a"));
}

TEST_F(TurnTest, is_full_while_its_thread_runs_nearly_all_the_time) {
  const Turn::TimePoint at{1h};
  EXPECT_FALSE(turn.is_full());
  turn.note_load(at, 5s);
  turn.note_load(at + 10ms, 5s + 9ms);
  EXPECT_TRUE(turn.is_full());
  turn.note_load(at + 20ms, 5s + 16ms);
  EXPECT_FALSE(turn.is_full());
  turn.note_load(at + 30ms, 5s + 26ms);
  turn.note_load(at + 10s, 5s + 56ms);  // nobody waited meanwhile
  EXPECT_FALSE(turn.is_full());
  EXPECT_TRUE(Turn({}, 0).is_full());
}

TEST_F(TurnTest, forgets_what_is_forgotten_or_has_ended) {
  a.postpone(1);
  b.postpone(1);
  {
    Task ended{turn, "ended", done};
    ended.postpone(1);
  }
  c.postpone(1);
  b.forget();
  turn.begin();
  EXPECT_THAT(done, ElementsAre("a", "c"));
}

constexpr std::uint64_t least_rate = 16 * 1024;

// Ten seconds in which a client takes `bytes` at the end of each wait of 100 ms.
Duration owed_after(StallMeter meter, std::uint64_t bytes) {
  TimePoint now{1h};
  std::uint64_t moved = 1'000'000;
  for (int i = 0; i < 100; ++i) {
    meter.start(now, moved);
    meter.stop(now += 100ms, moved += bytes, least_rate);
  }
  EXPECT_EQ(meter.waited(now), 10s);
  return meter.owed(now, moved, least_rate);
}

TEST(StallMeter, makes_a_client_owe_ever_more_that_trickles) { EXPECT_GT(owed_after({}, 100), 9s); }

TEST(StallMeter, lets_a_client_that_keeps_up_the_least_rate_wait_for_ever) {
  EXPECT_EQ(owed_after({}, 2000), 0s);
}

TEST(StallMeter, saves_nothing_up_of_what_buffers_swallow) {
  StallMeter meter;
  TimePoint now{1h};
  meter.start(now, 0);
  EXPECT_EQ(meter.owed(now += 1s, 4'000'000, least_rate), 0s);
  EXPECT_EQ(meter.owed(now += 2s, 4'000'000, least_rate), 2s);
}

}  // namespace
}  // namespace sweetspot::proxy
