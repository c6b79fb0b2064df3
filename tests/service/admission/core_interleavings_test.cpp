// Every order in which a few clients, an operator and the clock can step the core.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "service/admission/limiter_core.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;

class Silent final : public Waiter {
 public:
  void granted(Permit) override {}
  void shed(ShedReason) override {}
};

// A world that can be stepped anew from its start in each order.
struct World {
  TimePoint now{1h};
  LimiterCore core{Settings{.queue_size = 2, .queue_timeout = 5s}, 1, now};
  int highest_limit = 1;
  Silent waiters[4];
  enum class Is { outside, waiting, holding, refused, shed, gone } is[4]{};

  void acquire(int i) {
    const auto decision = core.acquire(waiters[i], now);
    is[i] = decision.answer == Limiter::Answer::granted  ? Is::holding
            : decision.answer == Limiter::Answer::queued ? Is::waiting
                                                         : Is::refused;
  }
  void granted(const Waiter* waiter) {
    for (int i = 0; i < 4; ++i) {
      if (&waiters[i] == waiter) {
        EXPECT_EQ(is[i], Is::waiting);
        is[i] = Is::holding;
      }
    }
  }
  void release(int i) {
    if (is[i] != Is::holding) return;
    is[i] = Is::gone;
    granted(core.release(false, now));
  }
  void cancel(int i) {
    const bool was_waiting = is[i] == Is::waiting;
    EXPECT_EQ(core.cancel(waiters[i], now), was_waiting);
    if (was_waiting) is[i] = Is::gone;
  }
  void resize(int limit) {
    core.set_limit(limit, now);
    while (Waiter* waiter = core.grant_next(now)) granted(waiter);
  }
  void expire() {
    now += 5s;
    while (Waiter* waiter = core.shed_expired(now)) {
      for (int i = 0; i < 4; ++i) {
        if (&waiters[i] == waiter) is[i] = Is::shed;
      }
    }
  }

  int count(Is what) const { return static_cast<int>(std::count(is, is + 4, what)); }
  void check() const {
    ASSERT_EQ(core.in_flight(), count(Is::holding));
    ASSERT_EQ(core.queued(), count(Is::waiting));
    if (core.queued() > 0) {
      ASSERT_GE(core.in_flight(), core.limit());
    }
    ASSERT_LE(core.in_flight(), highest_limit);
  }
};

using Step = std::function<void(World&)>;
using Actor = std::vector<Step>;

Actor client(int i) {
  return {[i](World& w) { w.acquire(i); }, [i](World& w) { w.release(i); }};
}
Actor impatient_client(int i) {
  return {[i](World& w) { w.acquire(i); }, [i](World& w) { w.cancel(i); }};
}
Actor operator_who_sets(int first, int second) {
  return {[=](World& w) {
            w.highest_limit = std::max(w.highest_limit, first);
            w.resize(first);
          },
          [=](World& w) {
            w.highest_limit = std::max(w.highest_limit, second);
            w.resize(second);
          }};
}

// Calls `run` with each order in which the actors' steps can come.
long for_each_order(const std::vector<Actor>& actors, std::vector<std::size_t>& done,
                    std::vector<const Step*>& order,
                    const std::function<void(const std::vector<const Step*>&)>& run) {
  long runs = 0;
  bool any = false;
  for (std::size_t a = 0; a < actors.size(); ++a) {
    if (done[a] == actors[a].size()) continue;
    any = true;
    order.push_back(&actors[a][done[a]++]);
    runs += for_each_order(actors, done, order, run);
    --done[a];
    order.pop_back();
  }
  if (!any) {
    run(order);
    return 1;
  }
  return runs;
}

long explore(const std::vector<Actor>& actors) {
  std::vector<std::size_t> done(actors.size());
  std::vector<const Step*> order;
  return for_each_order(actors, done, order, [](const std::vector<const Step*>& steps) {
    World world;
    for (const Step* step : steps) {
      (*step)(world);
      world.check();
      if (testing::Test::HasFatalFailure()) return;
    }
  });
}

TEST(LimiterCore, keeps_its_invariants_in_every_order_of_clients_and_operator) {
  EXPECT_EQ(
      explore({client(0), client(1), client(2), impatient_client(3), operator_who_sets(2, 1)}),
      113400);
}

TEST(LimiterCore, keeps_its_invariants_in_every_order_with_timeouts) {
  const Actor clock{[](World& w) { w.expire(); }, [](World& w) { w.expire(); }};
  EXPECT_EQ(explore({client(0), client(1), impatient_client(2), operator_who_sets(2, 1), clock}),
            113400);
}

}  // namespace
}  // namespace sweetspot::admission
