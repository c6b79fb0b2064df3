#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// An outage: the last good limit is held, and what was under way waits.
namespace sweetspot::tuner {

namespace {

constexpr Duration worth_telling = std::chrono::milliseconds(500);
constexpr int most_times = 3;  // that a search is taken up again

}  // namespace

bool Machine::is_blinded(const Window& window) {
  const bool told = outage_.lasted() >= worth_telling;
  switch (outage_.add(window, residence_)) {
    case OutageWatch::Event::none:
      return false;
    case OutageWatch::Event::began:
      begin_outage();
      return true;
    case OutageWatch::Event::goes_on:
      if (!told && outage_.lasted() >= worth_telling) {
        decide(held_, Reason::outage,
               move_words(held_, held_) + "next to nothing succeeds (" +
                   share_words(outage_.seen().failure_share()) +
                   " failed), so nothing can be learnt until something does");
      }
      return true;
    case OutageWatch::Event::ended:
      // What comes first still has the outage in it. A search that it broke off goes on with the
      // next window that binds.
      hold_.begin(2 * residence_, residence_);
      return true;
    case OutageWatch::Event::slow:
      take_for_slow(outage_.seen());
      return true;
  }
  return false;
}

void Machine::begin_outage() {
  const bool searches = trial_ && (state_ == State::climb || state_ == State::verify);
  broken_off_ = broken_off_ || (searches && ++times_broken_off_ <= most_times);
  drop_trial();
  suspicion_.reset();
  limit_ = held_;
  if (state_ == State::start || state_ == State::hold) return;
  if (broken_off_) {
    state_ = State::hold;
  } else {
    enter_hold();
  }
}

void Machine::take_for_slow(const Window& seen) {
  residence_ = {};
  note_residence(seen);
  if (state_ == State::start) return;
  const auto pool = hold_.pool();
  const auto before = pool ? std::optional(pool->throughput()) : std::nullopt;
  on_change(true, before, seen.throughput());
}

}  // namespace sweetspot::tuner
