#include "service/control/api/control_api.hpp"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "sweetspot/v1/control.grpc.pb.h"
#include "sweetspot/v1/errors.pb.h"
#include "tests/service/control/exchange.hpp"
#include "tests/service/control/running_api.hpp"
#include "tests/support/temp_folder.hpp"

namespace sweetspot::control {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

struct ControlApiTest : testing::Test {
  static Settings settings() {
    Settings made;
    made.tuner.max = 100;
    return made;
  }

  grpc::Status set_limit(int limit, const std::string& comment = {}) {
    v1::SetLimitRequest request;
    request.set_limit(limit);
    request.set_comment(comment);
    grpc::ClientContext context;
    return stub->SetLimit(&context, request, &status);
  }

  grpc::Status get_status() {
    grpc::ClientContext context;
    return stub->GetStatus(&context, {}, &status);
  }

  std::string exchange(const std::string& method, const std::string& bytes) {
    return tests::exchange(channel, method, bytes).answer;
  }

  tests::RunningApi api{settings()};
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(api.address(), grpc::InsecureChannelCredentials());
  std::unique_ptr<v1::Control::Stub> stub = v1::Control::NewStub(channel);
  v1::Status status;
};

TEST_F(ControlApiTest, tells_the_status) {
  ASSERT_TRUE(get_status().ok());
  EXPECT_EQ(status.limit(), 8);
  EXPECT_EQ(status.held_limit(), 8);
  EXPECT_EQ(status.limit_max(), 100);
  EXPECT_EQ(status.state(), "start");
  EXPECT_EQ(status.objective(), "balanced");
  EXPECT_EQ(status.mode(), "enforce");
  EXPECT_EQ(status.algorithm(), "sweetspot");
  EXPECT_EQ(status.version(), SWEETSPOT_VERSION);
  EXPECT_EQ(status.last_verdict().reason(), "start");
  ASSERT_EQ(status.classes_size(), 1);
  EXPECT_EQ(status.classes(0).name(), "default");
}

TEST_F(ControlApiTest, pins_a_limit_and_gives_it_back) {
  ASSERT_TRUE(set_limit(20, "a test").ok());
  EXPECT_EQ(status.limit(), 20);
  EXPECT_TRUE(status.pinned());
  EXPECT_EQ(status.last_verdict().comment(), "a test");
  EXPECT_EQ(api.limiter.limit(), 20);
  grpc::ClientContext context;
  ASSERT_TRUE(stub->Retune(&context, {}, &status).ok());
  EXPECT_FALSE(status.pinned());
  EXPECT_EQ(status.limit(), 20);
}

TEST_F(ControlApiTest, refuses_a_limit_outside_the_bounds_and_names_the_field) {
  const auto refusal = set_limit(101);
  EXPECT_EQ(refusal.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refusal.error_message(), "limit: found 101, allowed: 1 to 100");
  EXPECT_EQ(set_limit(0).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(set_limit(-5).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(api.limiter.limit(), 8);
}

TEST_F(ControlApiTest, names_the_field_in_the_details_of_a_refusal) {
  v1::ErrorStatus details;
  ASSERT_TRUE(details.ParseFromString(set_limit(101).error_details()));
  EXPECT_EQ(details.code(), StatusCode::INVALID_ARGUMENT);
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.BadRequest");
  v1::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(details.details(0).value()));
  EXPECT_EQ(bad.field_violations(0).field(), "limit");
}

TEST_F(ControlApiTest, carries_an_order_out_once_however_often_it_is_sent) {
  v1::RetuneRequest request;
  request.set_request_id("r1");
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->Retune(&context, request, &status).ok());
  }
  EXPECT_EQ(status.last_verdict().sequence(), 2u);
  EXPECT_EQ(status.last_verdict().action(), "retune");
  EXPECT_THAT(status.last_verdict().who(), HasSubstr("127.0.0.1"));
}

TEST_F(ControlApiTest, refuses_orders_that_make_no_sense) {
  const auto call = [&](auto method, auto request) {
    grpc::ClientContext context;
    return (*stub.*method)(&context, request, &status).error_code();
  };
  using Stub = v1::Control::Stub;
  v1::SetLimitRequest brief;
  brief.set_limit(9);
  brief.set_expires_after_ms(1);
  EXPECT_EQ(call(&Stub::SetLimit, brief), StatusCode::INVALID_ARGUMENT);
  brief.set_expires_after_ms(1ull << 63);  // not to be counted in nanoseconds
  EXPECT_EQ(call(&Stub::SetLimit, brief), StatusCode::INVALID_ARGUMENT);
  v1::SetObjectiveRequest objective;
  objective.set_objective("speed");
  EXPECT_EQ(call(&Stub::SetObjective, objective), StatusCode::INVALID_ARGUMENT);
  objective.set_objective("latency");
  EXPECT_EQ(call(&Stub::SetObjective, objective), StatusCode::INVALID_ARGUMENT);
  objective.set_p99_bound_ms(std::nan(""));
  EXPECT_EQ(call(&Stub::SetObjective, objective), StatusCode::INVALID_ARGUMENT);
  v1::SetModeRequest mode;
  mode.set_mode("on");
  EXPECT_EQ(call(&Stub::SetMode, mode), StatusCode::INVALID_ARGUMENT);
  v1::RollbackRequest rollback;
  rollback.set_sequence(99);
  EXPECT_EQ(call(&Stub::Rollback, rollback), StatusCode::NOT_FOUND);
  v1::OrderRequest retry;
  retry.set_request_id(std::string(65, 'x'));
  EXPECT_EQ(call(&Stub::Pause, retry), StatusCode::INVALID_ARGUMENT);
}

// What a refusal quotes travels in trailers, which a client takes only so many of.
TEST_F(ControlApiTest, quotes_no_more_of_a_wrong_value_than_a_client_can_take) {
  v1::SetObjectiveRequest request;
  request.set_objective(std::string(50000, 'x'));
  grpc::ClientContext context;
  const auto refusal = stub->SetObjective(&context, request, &status);
  EXPECT_EQ(refusal.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refusal.error_message(), HasSubstr("xxx..., allowed: balanced"));
}

TEST_F(ControlApiTest, refuses_a_comment_that_is_too_long) {
  EXPECT_EQ(set_limit(9, std::string(1001, 'x')).error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlApiTest, refuses_a_message_that_is_too_large) {
  EXPECT_EQ(set_limit(9, std::string(100000, 'x')).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ControlApiTest, streams_a_recording_file_by_file_and_leaves_out_what_is_gone) {
  const support::TempFolder own;
  const std::filesystem::path& folder = own.path();
  const std::string older(100000, 'a'), newer = "b\n";
  std::ofstream(folder / "1") << older;
  std::ofstream(folder / "0") << newer;
  api.on_loop([&](Steering&, TimePoint) {
    api.recording = {folder / "none", folder / "1", folder / "0"};
  });
  grpc::ClientContext context;
  const auto stream = stub->ExportWindows(&context, {});
  v1::RecordingPart part;
  std::string all;
  while (stream->Read(&part)) all += part.data();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(all, older + newer);
}

TEST_F(ControlApiTest, streams_the_status_at_once_and_then_each_verdict) {
  grpc::ClientContext context;
  const auto stream = stub->Watch(&context, {});
  v1::WatchEvent event;
  ASSERT_TRUE(stream->Read(&event));
  EXPECT_EQ(event.status().limit(), 8);
  ASSERT_TRUE(set_limit(20).ok());
  ASSERT_TRUE(stream->Read(&event));
  EXPECT_EQ(event.verdict().from(), 8);
  EXPECT_EQ(event.verdict().to(), 20);
  EXPECT_EQ(event.verdict().reason(), "pinned");
  context.TryCancel();
}

TEST_F(ControlApiTest, streams_the_status_again_and_again_at_the_chosen_rate) {
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_status_interval_ms(50);
  const auto stream = stub->Watch(&context, request);
  v1::WatchEvent event;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(stream->Read(&event));
    EXPECT_TRUE(event.has_status());
  }
  context.TryCancel();
}

TEST_F(ControlApiTest, refuses_a_rate_outside_the_range) {
  for (const std::uint32_t interval : {1u, 49u, 60001u}) {
    grpc::ClientContext context;
    v1::WatchRequest request;
    request.set_status_interval_ms(interval);
    const auto stream = stub->Watch(&context, request);
    v1::WatchEvent event;
    EXPECT_FALSE(stream->Read(&event));
    const auto end = stream->Finish();
    EXPECT_EQ(end.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(end.error_message(), HasSubstr("status_interval_ms"));
  }
}

TEST_F(ControlApiTest, drops_a_reader_that_is_too_slow_and_says_so) {
  grpc::ClientContext context;
  const auto stream = stub->Watch(&context, {});
  v1::WatchEvent event;
  ASSERT_TRUE(stream->Read(&event));
  api.on_loop([](Steering& steering, TimePoint now) {
    for (int i = 0; i < 5000; ++i) steering.pin(1 + i % 100, std::string(1000, 'x'), now);
  });
  int events = 0;
  while (stream->Read(&event)) ++events;
  EXPECT_LT(events, 5000);
  const auto end = stream->Finish();
  EXPECT_EQ(end.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(end.error_message(), HasSubstr("too slow"));
}

TEST_F(ControlApiTest, survives_watchers_that_leave) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto stream = stub->Watch(&context, {});
    if (i % 2 == 0) {
      v1::WatchEvent event;
      stream->Read(&event);
    }
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(set_limit(20).ok());
}

TEST_F(ControlApiTest, ends_its_streams_with_a_reason_when_it_stops) {
  grpc::ClientContext context;
  const auto stream = stub->Watch(&context, {});
  v1::WatchEvent event;
  ASSERT_TRUE(stream->Read(&event));
  std::thread stopper([this] { api.stop(); });
  while (stream->Read(&event)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAVAILABLE);
  stopper.join();
}

TEST_F(ControlApiTest, lists_its_services_by_reflection) {
  // ServerReflectionRequest{list_services: "*"}
  const auto services =
      exchange("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*");
  EXPECT_THAT(services, HasSubstr("sweetspot.v1.Control"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(ControlApiTest, says_that_it_serves_until_it_drains) {
  // HealthCheckResponse{status: SERVING = 1, NOT_SERVING = 2}
  EXPECT_EQ(exchange("/grpc.health.v1.Health/Check", ""), "\x08\x01");
  api.api.set_draining();
  EXPECT_EQ(exchange("/grpc.health.v1.Health/Check", ""), "\x08\x02");
}

TEST_F(ControlApiTest, does_not_share_its_port_with_a_second_instance) {
  boost::asio::io_context loop;
  TuningLoop tuning(loop, {}, api.limiter, api.recorders);
  ControlApi second(loop, tuning, {.host = "127.0.0.1", .port = api.port, .backend = {}});
  EXPECT_THAT(second.start().error, HasSubstr("cannot bind: Address already in use"));
}

}  // namespace
}  // namespace sweetspot::control
