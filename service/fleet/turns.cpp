#include "service/fleet/turns.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::fleet {
namespace {

using namespace std::chrono_literals;

// Parts of the Lease's term.
constexpr int renewals = 3;  // a third between two writes, and between two looks at the replicas
constexpr int jitter = 30;   // before a free Lease is taken
constexpr int linger = 6;    // an idle turn ends after a sixth
constexpr int longest_turn = 2;   // terms, where it does not explore just then
constexpr int longest_probe = 4;  // terms, whatever it does

}  // namespace

Turns::Turns(Settings settings)
    : settings_(std::move(settings)),
      random_(settings_.seed),
      failures_(1s, 60s),
      refusals_(30s, 5min) {}

bool Turns::may_explore(TimePoint now) const {
  return holds_ && !yields_ && now < valid_from_ + settings_.term * 2 / renewals && is_steady(now);
}

State Turns::state(TimePoint now) const {
  if (may_explore(now)) return State::exploring;
  if (trouble_ != State::off) return trouble_;
  return wanted_ && !is_steady(now) ? State::paused : State::following;
}

std::optional<Request> Turns::next(const Self& self, TimePoint now, WallTime wall) {
  wanted_ = self.wants || self.explores;
  if (under_way_ || now < not_before_) return {};
  if (must_get_ || !lease_) return send({Request::Kind::get_lease});
  return holds_ ? next_as_holder(self, now, wall) : next_as_other(self, now, wall);
}

std::optional<Request> Turns::next_as_holder(const Self& self, TimePoint now, WallTime wall) {
  if (wanted_) busy_at_ = now;
  const Duration turn = now - turn_began_;
  yields_ = yields_ || self.leaves || now - busy_at_ >= settings_.term / linger ||
            (turn >= settings_.term * longest_turn && !self.explores) ||
            turn >= settings_.term * longest_probe;
  if (!yields_) {
    if (auto request = look(now)) return request;
    yields_ = !is_steady(now);
  }
  if (self.leaves) return write(Write::release, self, now, wall);  // the last write there is
  if (!may_write(now)) return {};
  return write(yields_ ? Write::release : Write::renew, self, now, wall);
}

std::optional<Request> Turns::next_as_other(const Self& self, TimePoint now, WallTime wall) {
  if (self.leaves || !is_free(now)) return {};
  if (!self.wants) {
    attempt_at_.reset();
    const bool publishes = self.news && self.is_urgent && may_write(now);
    return publishes ? std::optional(write(Write::publish, self, now, wall)) : std::nullopt;
  }
  if (auto request = look(now)) return request;
  if (!is_steady(now)) return {};
  if (!attempt_at_) attempt_at_ = now + draw(settings_.term / jitter);
  if (now < *attempt_at_ || !may_write(now)) return {};
  return write(Write::acquire, self, now, wall);
}

// Looks at the replicas where the last look is too old.
std::optional<Request> Turns::look(TimePoint now) {
  if (!settings_.has_workload) return {};
  if (workload_ && now - looked_at_ < settings_.term / renewals) return {};
  return send({Request::Kind::get_workload});
}

Request Turns::write(Write what, const Self& self, TimePoint now, WallTime wall) {
  LeaseChange change{.holder = {}, .duration = settings_.term, .at = wall, .knowledge = {}};
  if (what == Write::acquire || what == Write::renew) change.holder = settings_.identity;
  if (what == Write::release) change.holder = "";
  if (self.news) change.knowledge = with_record(lease_->knowledge, *self.news, wall);
  writing_ = what;
  if (what == Write::release) holds_ = false;
  // A claim that is lost on its way may arrive for all that, so it counts from here.
  const bool claims = change.holder == settings_.identity;
  claim_ = claims ? std::optional(Claim{timestamp(wall), now}) : std::nullopt;
  before_write_ = next_write_;
  next_write_ = now + settings_.term / renewals;
  ++writes_;
  return send({Request::Kind::put_lease, changed_lease(*lease_, change)});
}

Request Turns::send(Request request) {
  under_way_ = request.kind;
  return request;
}

void Turns::answered(const Answer& answer, TimePoint now) {
  const auto kind = std::exchange(under_way_, std::nullopt);
  if (!kind) return;
  switch (*kind) {
    case Request::Kind::get_lease:
      return read_lease(answer, now);
    case Request::Kind::put_lease:
      return read_write(answer, now);
    case Request::Kind::get_workload:
      return read_workload(answer, now);
  }
}

void Turns::read_lease(const Answer& answer, TimePoint now) {
  if (!took(answer, now)) return;
  const auto lease = parse_lease(answer.body);
  if (!lease)
    return lose("the answer is no Lease", State::unavailable, failures_.next(random_), now);
  must_get_ = false;
  // What a read gives is at least as new as all that was known before.
  if (lease_ && is_older(lease->version, lease_->version)) lease_.reset();
  seen(*lease, now);
}

void Turns::read_write(const Answer& answer, TimePoint now) {
  if (answer.status == 409) {  // nothing was written: somebody else was faster
    must_get_ = true;
    if (writing_ != Write::renew) claim_.reset();
    next_write_ = before_write_;
    not_before_ = now + draw(settings_.term / jitter);
    attempt_at_.reset();
    return;
  }
  // Without an answer it may have been written or not: reading tells.
  if (!took(answer, now)) return void(must_get_ = true);
  if (const auto lease = parse_lease(answer.body)) {
    seen(*lease, now);
  } else {
    must_get_ = true;
  }
}

void Turns::read_workload(const Answer& answer, TimePoint now) {
  if (!took(answer, now)) return workload_.reset();
  auto workload = parse_workload(answer.body);
  looked_at_ = now;
  const bool is_same = workload && workload_ && workload->figures == workload_->figures;
  if (!is_same) replicas_changed_at_ = now;
  workload_ = std::move(workload);
}

// Whether the answer is one to read on. What is not is remembered, and paused for.
bool Turns::took(const Answer& answer, TimePoint now) {
  const std::string said =
      std::to_string(answer.status) + (answer.problem.empty() ? "" : ": " + answer.problem);
  switch (answer.status) {
    case 200:
    case 201:
      failures_.reset();
      refusals_.reset();
      failed_ = 0;
      trouble_ = State::off;
      why_.clear();
      return true;
    case 429:
      lose("the API server is busy (429)", State::unavailable,
           std::max(answer.retry_after.value_or(Duration::zero()), failures_.next(random_)), now);
      return false;
    case 401:
    case 403:
    case 404:
    case 405:
    case 422:
      lose("the API server says " + said, State::refused, refusals_.next(random_), now);
      return false;
    case 0:
      lose(answer.problem, State::unavailable, failures_.next(random_), now);
      return false;
    default:
      lose("the API server says " + said, State::unavailable,
           std::max(answer.retry_after.value_or(Duration::zero()), failures_.next(random_)), now);
      return false;
  }
}

// One failure may be chance, so it is not called trouble yet; a refusal is none.
void Turns::lose(std::string why, State as, Duration pause, TimePoint now) {
  ++failed_;
  not_before_ = now + pause;
  if (as == State::unavailable && failed_ < 2) return;
  trouble_ = as;
  why_ = std::move(why);
  if (as == State::refused) yields_ = true;
}

void Turns::seen(const Lease& lease, TimePoint now) {
  if (lease_ && is_older(lease.version, lease_->version)) return;
  const bool changed = !lease_ || lease.holder != lease_->holder ||
                       lease.renewed != lease_->renewed || lease.transitions != lease_->transitions;
  if (changed) changed_at_ = now;
  if (lease_ && lease.holder != lease_->holder) attempt_at_.reset();
  if (lease.holder != settings_.identity || !claim_) {
    holds_ = false;
  } else if (lease.renewed == claim_->renewed) {
    if (!holds_) {
      yields_ = false;
      turn_began_ = busy_at_ = now;
      ++turns_;
    }
    holds_ = true;
    valid_from_ = claim_->sent;
  }
  lease_ = lease;
}

bool Turns::is_free(TimePoint now) const {
  if (lease_->holder.empty()) return true;
  return now - changed_at_ >= std::max(lease_->duration, settings_.term);
}

bool Turns::is_steady(TimePoint now) const {
  if (!settings_.has_workload) return true;
  return workload_ && workload_->is_steady &&
         now - replicas_changed_at_ >= settings_.term / renewals;
}

Duration Turns::draw(Duration most) {
  return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random_));
}

}  // namespace sweetspot::fleet
