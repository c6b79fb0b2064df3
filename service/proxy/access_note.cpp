#include "service/proxy/access_note.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace sweetspot::proxy {
namespace {

using Text = AccessEntry::Text;

struct Wanted {
  std::string_view name;  // in lower case
  Text text;
  std::size_t most;
};
// In the order of their texts. Their lengths differ, so most lines of a head are told by theirs.
constexpr std::array wanted{Wanted{"user-agent", Text::user_agent, 128},
                            Wanted{"referer", Text::referer, 128},
                            Wanted{"traceparent", Text::traceparent, 64}};

bool is_named(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if ((name[i] | 0x20) != (lower[i] | 0x20)) return false;
  return true;
}

}  // namespace

AccessEntry& AccessNote::entry() {
  if (!entry_) entry_ = std::make_unique<AccessEntry>();
  if (!is_begun_) {
    entry_->used = 0;
    entry_->status = 0;
    entry_->ending = entry_->cls = {};
    entry_->queue_wait = entry_->backend = {};
    std::fill(std::begin(entry_->sizes), std::end(entry_->sizes), std::uint16_t{0});
    arrived_at_ = {};
    is_begun_ = true;
  }
  return *entry_;
}

void AccessNote::begin(std::string_view peer, const char* base, const RequestHead& head,
                       tuner::TimePoint arrived_at) {
  is_begun_ = false;
  AccessEntry& note = entry();
  arrived_at_ = arrived_at;
  note.set(Text::peer, peer, most_of_a_peer);
  note.set(Text::method, head.method_name.in(base), 32);
  note.set(Text::target, head.target.in(base), 256);
  note.set(Text::host, head.authority.in(base), 96);
  std::array<const FieldLine*, wanted.size()> found{};  // the first of each
  for (const FieldLine& line : head.lines) {
    const std::string_view name = line.name.in(base);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (found[i] == nullptr && is_named(name, wanted[i].name)) found[i] = &line;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (found[i] != nullptr) note.set(wanted[i].text, found[i]->value.in(base), wanted[i].most);
}

void AccessNote::hand_over() {
  const auto now = std::chrono::steady_clock::now();
  is_begun_ = false;
  AccessEntry& note = *entry_;
  note.at = now;
  note.total = arrived_at_ == tuner::TimePoint{} ? tuner::Duration{} : now - arrived_at_;
  note.is_slow = tap_->slow && note.total >= *tap_->slow;
  tap_->due += tap_->sample;
  const bool is_drawn = tap_->due >= 1.0;
  if (is_drawn) tap_->due -= 1.0;
  if (is_drawn || note.is_slow) tap_->ring.put(note);
}

}  // namespace sweetspot::proxy
