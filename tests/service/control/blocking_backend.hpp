#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/recorder.hpp"

namespace sweetspot::tests {

// Clients that ask again as soon as they are answered, in front of a backend whose rate depends on
// how many requests it serves at a time: the document's disk, unless another is given. The clients
// are of so many classes in turn. On a clock of its own.
class BlockingBackend {
 public:
  using Duration = tuner::Duration;
  using TimePoint = tuner::TimePoint;

  using Rate = double (*)(double in_flight);  // a second

  BlockingBackend(admission::Limiter& limiter, control::Recorder& recorder, int clients,
                  TimePoint now, Rate rate = disk, int classes = 1)
      : limiter_(limiter), recorder_(recorder), now_(now), rate_(rate) {
    for (int i = 0; i < clients; ++i) {
      clients_.push_back(
          std::make_unique<Client>(*this, static_cast<admission::ClassId>(i % classes)));
      ask(*clients_.back());
    }
  }
  ~BlockingBackend() {
    stopping_ = true;
    for (auto& client : clients_) limiter_.cancel(*client, now_);
    serving_.clear();
  }

  void run_until(TimePoint end) {
    while (!serving_.empty() && next_completion() <= end) {
      now_ = next_completion();
      last_completion_ = now_;
      complete();
    }
    now_ = end;
  }

 private:
  struct Client final : admission::Waiter {
    Client(BlockingBackend& owner, admission::ClassId of) : backend(owner), cls(of) {}
    void granted(admission::Permit permit) override { backend.serve(*this, std::move(permit)); }
    void shed(admission::ShedReason reason) override { backend.recorder_.shed(cls, reason); }
    BlockingBackend& backend;
    const admission::ClassId cls;
  };
  struct Served {
    Client* client;
    admission::Permit permit;
  };

  void ask(Client& client) {
    auto answer = limiter_.acquire(client, now_, {.cls = client.cls});
    if (answer.answer == admission::Limiter::Answer::granted)
      serve(client, std::move(answer.permit));
  }

  void serve(Client& client, admission::Permit permit) {
    if (stopping_) return;
    if (serving_.empty()) last_completion_ = now_;
    serving_.push_back({&client, std::move(permit)});
  }

  void complete() {
    Served done = std::move(serving_.front());
    serving_.pop_front();
    const Duration latency = now_ - done.permit.granted_at();
    recorder_.completed(done.client->cls, control::Outcome::success, latency, {}, latency,
                        done.permit.epoch() == limiter_.epoch());
    done.permit.release(now_);
    ask(*done.client);
  }

  TimePoint next_completion() const {
    return last_completion_ +
           tuner::from_seconds(1.0 / rate_(static_cast<double>(serving_.size())));
  }

  static double disk(double in_flight) {
    constexpr std::array<std::pair<double, double>, 7> curve{
        {{0, 0}, {1, 100}, {4, 400}, {8, 600}, {16, 700}, {32, 720}, {64, 720}}};
    for (std::size_t i = 1; i < curve.size(); ++i) {
      const auto [n0, x0] = curve[i - 1];
      const auto [n1, x1] = curve[i];
      if (in_flight <= n1) return x0 + (x1 - x0) * (in_flight - n0) / (n1 - n0);
    }
    return curve.back().second;
  }

  admission::Limiter& limiter_;
  control::Recorder& recorder_;
  TimePoint now_;
  const Rate rate_;
  TimePoint last_completion_{};
  bool stopping_ = false;
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Served> serving_;
};

}  // namespace sweetspot::tests
