#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <thread>

#include "service/control/api/control_api.hpp"

namespace sweetspot::tests {

// A control API on a free loopback port, with its loop on a thread of its own.
class RunningApi {
 public:
  explicit RunningApi(control::Settings settings = {}, control::ConnectionBounds connections = {})
      : limiter({.mode = settings.mode}, settings.tuner.initial, std::chrono::steady_clock::now()),
        tuning(loop, settings, limiter, recorders),
        api(loop, tuning,
            {.host = "127.0.0.1",
             .port = 0,
             .backend = {},
             .diagnose =
                 [this](auto done) {
                   done(findings);
                   return true;
                 },
             .configuration = {},
             .recording = [this] { return recording; },
             .connections = connections}) {
    recorders.push_back(std::make_unique<control::Recorder>());
    const auto bound = api.start();
    EXPECT_EQ(bound.error, "");
    port = bound.port;
    tuning.start();
    thread = std::thread([this] { loop.run(); });
  }
  ~RunningApi() { stop(); }

  void stop() {
    if (!thread.joinable()) return;
    api.stop();
    loop.stop();
    thread.join();
  }

  // Runs `work` on the loop and waits for it.
  void on_loop(const control::TuningLoop::Work& work) {
    std::promise<void> done;
    tuning.post([&](control::Steering& steering, tuner::TimePoint now) {
      work(steering, now);
      done.set_value();
    });
    done.get_future().wait();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port); }

  std::vector<std::string> recording;  // its files
  // What its doctor finds.
  std::vector<platform::Finding> findings{{"clock", platform::Finding::Level::ok, "fine"}};
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      loop.get_executor()};
  control::Recorders recorders;
  admission::Limiter limiter;
  control::TuningLoop tuning;
  control::ControlApi api;
  std::uint16_t port = 0;
  std::thread thread;
};

}  // namespace sweetspot::tests
