#pragma once

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "service/proxy/server.hpp"
#include "tests/support/peer.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;
using control::Outcome;
using support::eventually;
using support::Origin;
using support::Peer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

inline std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: example.test\r\n" + fields + "\r\n";
}

inline std::string ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// A proxy on real sockets between clients and an origin that the test drives by hand. Settings are
// changed before start().
struct ProxyTest : testing::Test {
  Origin origin;
  Settings settings;
  admission::Settings admission;
  int limit = 8;
  std::unique_ptr<admission::Limiter> limiter;
  std::vector<std::unique_ptr<control::Recorder>> recorders;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

  ProxyTest() {
    settings.listen = {{.endpoint = {"127.0.0.1", 0}}};
    settings.upstream = {{"127.0.0.1", origin.port()}};
  }

  ~ProxyTest() override {
    server.reset();
    if (limiter) {
      EXPECT_EQ(limiter->in_flight(), 0) << "a permit was lost";
      EXPECT_EQ(limiter->queued(), 0);
    }
  }

  void start() {
    limiter =
        std::make_unique<admission::Limiter>(admission, limit, std::chrono::steady_clock::now());
    for (int i = 0; i < settings.workers; ++i) {
      recorders.push_back(std::make_unique<control::Recorder>());
    }
    server = std::make_unique<Server>(settings, *limiter, recorders);
    const auto bound = server->bind();
    ASSERT_EQ(bound.error, "");
    port = bound.port;
    server->start();
  }

  Peer client() { return Peer::connect_to(port); }
  Peer client(const std::string& request) {
    Peer peer = client();
    peer.send(request);
    return peer;
  }

  // The origin's end of a connection that a request has come on.
  Peer accept_request() {
    Peer upstream = origin.accept();
    upstream.read_head();
    return upstream;
  }

  // Returns once the worker has seen whatever was sent to it before: it answers a client who came
  // later.
  void let_the_worker_read() { client("\r\n").read_to_end(); }

  std::uint64_t requests(Outcome outcome) const {
    std::uint64_t sum = 0;
    for (const auto& recorder : recorders) sum += recorder->requests(0, outcome);
    return sum;
  }
  std::uint64_t sheds(admission::ShedReason reason) const {
    std::uint64_t sum = 0;
    for (const auto& recorder : recorders) sum += recorder->sheds(0, reason);
    return sum;
  }

  // What the client is answered, the origin having answered `response` to whatever it was sent.
  std::string answer_of(const std::string& request, const std::string& response) {
    Peer peer = client(request);
    Peer upstream = accept_request();
    upstream.send(response);
    return peer.read_response();
  }
};

}  // namespace sweetspot::proxy
