#include "service/control/tuning_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

namespace sweetspot::control {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {
constexpr Duration wait_after_failure = std::chrono::seconds(1);
}

struct TuningLoop::Impl {
  Impl(asio::io_context& io, Settings settings, admission::Limiter& limiter,
       const Recorders& recorders)
      : loop(io),
        timer(io),
        steering(std::move(settings), limiter, recorders, Clock::now(),
                 std::chrono::system_clock::now()) {}

  void tick() {
    const TimePoint now = Clock::now();
    Duration next = wait_after_failure;
    contained([&] {
      for (const auto& work : before_each) work(steering, now);
      next = steering.tick(now);
    });
    wait(next);
    if (now - last_second < std::chrono::seconds(1)) return;
    last_second = now;
    for (const auto& work : every_second) contained([&] { work(now); });
  }

  // A failure here must not end the process: requests are served by other threads all the while.
  template <class Work>
  void contained(Work&& work) {
    try {
      work();
    } catch (const std::exception& failure) {
      if (failed) failed(failure.what());
    }
  }

  void wait(Duration duration) {
    timer.expires_after(duration);
    timer.async_wait([this](boost::system::error_code error) {
      if (!error && running) tick();
    });
  }

  asio::io_context& loop;
  asio::steady_timer timer;
  Steering steering;
  std::vector<std::function<void(TimePoint)>> every_second;
  std::vector<std::function<void(Steering&, TimePoint)>> before_each;
  std::function<void(const std::string&)> failed;
  TimePoint last_second{};
  bool running = false;
};

TuningLoop::TuningLoop(asio::io_context& loop, Settings settings, admission::Limiter& limiter,
                       const Recorders& recorders)
    : impl_(std::make_shared<Impl>(loop, std::move(settings), limiter, recorders)) {}

TuningLoop::~TuningLoop() { stop(); }

Steering& TuningLoop::steering() { return impl_->steering; }
const Steering& TuningLoop::steering() const { return impl_->steering; }

void TuningLoop::each_second(std::function<void(TimePoint)> work) {
  impl_->every_second.push_back(std::move(work));
}

void TuningLoop::before_tick(std::function<void(Steering&, TimePoint)> work) {
  impl_->before_each.push_back(std::move(work));
}

void TuningLoop::on_failure(std::function<void(const std::string&)> tell) {
  impl_->failed = std::move(tell);
}

void TuningLoop::start() {
  impl_->running = true;
  impl_->steering.start(Clock::now());
  impl_->tick();
}

void TuningLoop::stop() {
  impl_->running = false;
  impl_->timer.cancel();
}

// What is posted keeps the state alive, so that nothing dangles where the loop outlives this.
void TuningLoop::post(Work work) {
  asio::post(impl_->loop, [impl = impl_, work = std::move(work)] {
    impl->contained([&] { work(impl->steering, Clock::now()); });
  });
}

void TuningLoop::post_order(Work order) {
  asio::post(impl_->loop, [impl = impl_, order = std::move(order)] {
    impl->contained([&] { order(impl->steering, Clock::now()); });
    if (impl->running) impl->tick();
  });
}

}  // namespace sweetspot::control
