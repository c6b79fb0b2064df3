// What a request's class, tenant and deadline are, and what it is told where it is refused.
#include "service/proxy/classify.hpp"
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

Classifier::Classified classified(const Settings& settings, const std::string& request) {
  RequestHead head;
  EXPECT_EQ(parse_request(request, {}, head), Parsed::complete);
  return Classifier(settings).classify(head, request.data(), tuner::TimePoint(1h));
}

Settings with_rules() {
  Settings settings;
  settings.rules.resize(4);
  settings.rules[0].bypasses = true;
  settings.rules[0].path = "/healthz";
  settings.rules[1].cls = 1;
  settings.rules[1].methods = {"POST"};
  settings.rules[1].path = "/pay/";
  settings.rules[1].is_prefix = true;
  settings.rules[2].cls = 2;
  settings.rules[2].header = "x-kind";
  settings.rules[2].header_value = "report";
  settings.rules[3].cls = 3;
  settings.rules[3].header = "x-any";
  settings.tenant_headers = {"", "", "x-tenant", ""};
  return settings;
}

TEST(Classifier, takes_the_first_rule_that_matches) {
  const auto cls = [](const std::string& request) {
    return static_cast<int>(classified(with_rules(), request).demand.cls);
  };
  EXPECT_TRUE(classified(with_rules(), get("/healthz?x=1")).bypasses);
  EXPECT_EQ(cls("POST /pay/now HTTP/1.1\r\nHost: a\r\nX-Kind: report\r\nContent-Length: 0\r\n\r\n"),
            1);
  EXPECT_EQ(cls(get("/pay/now")), 0);
  EXPECT_EQ(cls(get("/", "X-Kind: report\r\n")), 2);
  EXPECT_EQ(cls(get("/", "X-Kind: other\r\n")), 0);
  EXPECT_EQ(cls(get("/", "X-ANY: thing\r\n")), 3);
}

TEST(Classifier, tells_tenants_apart_where_its_class_has_them) {
  const auto tenant = [](const std::string& fields) {
    return classified(with_rules(), get("/", fields)).demand.tenant;
  };
  EXPECT_EQ(tenant("X-Kind: report\r\nX-Tenant: a\r\n"),
            tenant("X-Kind: report\r\nX-Tenant: a\r\n"));
  EXPECT_NE(tenant("X-Kind: report\r\nX-Tenant: a\r\n"),
            tenant("X-Kind: report\r\nX-Tenant: b\r\n"));
  EXPECT_EQ(tenant("X-Tenant: a\r\n"), tenant("X-Tenant: b\r\n"));
}

TEST(Classifier, takes_the_earliest_deadline_that_a_request_carries) {
  const auto left = [](const std::string& fields) {
    return classified({}, get("/", fields)).demand.deadline - tuner::TimePoint(1h);
  };
  EXPECT_EQ(left("grpc-timeout: 250m\r\n"), 250ms);
  EXPECT_EQ(left("X-Request-Timeout: 2\r\n"), 2s);
  EXPECT_EQ(left("X-Request-Timeout: 80ms\r\n"), 80ms);
  EXPECT_EQ(left("x-envoy-expected-rq-timeout-ms: 15\r\nx-request-timeout: 1\r\n"), 15ms);
  EXPECT_EQ(classified({}, get("/", "x-request-timeout: soon\r\n")).demand.deadline,
            tuner::TimePoint::max());
  EXPECT_EQ(classified({}, get("/")).demand.deadline, tuner::TimePoint::max());
}

// A proxy whose only permit is taken by a request that the origin does not answer yet.
struct AFullProxy : ProxyTest {
  Peer holder, upstream;
  void begin(std::size_t queue_size) {
    limit = 1;
    admission.queue_size = queue_size;
    start();
    holder = client(get("/held"));
    upstream = accept_request();
  }
  void end() {
    upstream.send(ok("done"));
    EXPECT_THAT(holder.read_response(), HasSubstr("done"));
  }
};

// Before which two more wait. Its worker has no time to spare, so that the next reads of who was
// answered are started some turns later.
struct AFullWorker : AFullProxy {
  Peer first, second;
  void SetUp() override {
    settings.full_from = 0;
    begin(10);
    first = client(get("/first"));
    ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));
    second = client(get("/second"));
    ASSERT_TRUE(eventually([&] { return limiter->queued() == 2; }));
  }
};

TEST_F(AFullWorker, goes_on_with_both_sides_of_an_answer) {
  end();
  EXPECT_THAT(upstream.read_head(), HasSubstr("/first"));
  holder.send(get("/again"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 2; }));
  upstream.send(ok("one"));
  EXPECT_THAT(first.read_response(), HasSubstr("one"));
  EXPECT_THAT(upstream.read_head(), HasSubstr("/second"));
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntwo");
  upstream.send("two");
  EXPECT_THAT(second.read_response(), HasSubstr("twotwo"));
  EXPECT_THAT(upstream.read_head(), HasSubstr("/again"));
  end();
}

TEST_F(AFullWorker, goes_on_where_its_connection_is_closed) {
  upstream.send(ok("done"));
  upstream.close();
  EXPECT_THAT(holder.read_response(), HasSubstr("done"));
  upstream = origin.accept();
  EXPECT_THAT(upstream.read_head(), HasSubstr("/first"));
  upstream.send(ok("one"));
  EXPECT_THAT(first.read_response(), HasSubstr("one"));
  EXPECT_THAT(upstream.read_head(), HasSubstr("/second"));
  upstream.send(ok("two"));
  EXPECT_THAT(second.read_response(), HasSubstr("two"));
}

TEST_F(AFullProxy, refuses_with_a_reason_and_a_time_to_come_back) {
  begin(0);
  EXPECT_THAT(client(get("/")).read_response(),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: "),
                    HasSubstr("x-sweetspot-reason: queue_full")));
  end();
}

TEST_F(AFullProxy, refuses_as_it_is_configured) {
  settings.reject_status = 429;
  settings.reject_as_problem = true;
  begin(0);
  EXPECT_THAT(client(get("/")).read_response(),
              AllOf(StartsWith("HTTP/1.1 429 Too Many Requests"),
                    HasSubstr("Content-Type: application/problem+json"),
                    HasSubstr("\"status\":429,\"reason\":\"queue_full\"")));
  end();
}

TEST_F(AFullProxy, refuses_before_it_reads_the_body) {
  begin(0);
  EXPECT_THAT(
      client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n").read_to_end(),
      AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("queue_full"), HasSubstr("Connection: close")));
  end();
}

TEST_F(AFullProxy, sheds_who_cannot_meet_its_deadline_while_it_waits) {
  begin(10);
  EXPECT_THAT(client(get("/", "x-request-timeout: 50ms\r\n")).read_response(),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("x-sweetspot-reason: deadline")));
  EXPECT_EQ(sheds(admission::ShedReason::deadline), 1u);
  end();
}

TEST_F(AFullProxy, frees_the_permit_of_who_left_where_it_is_told_to) {
  settings.wait_for_aborted = false;
  begin(10);
  holder.reset();
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
}

struct AFailedUpstream : ProxyTest {};

TEST_F(AFailedUpstream, is_told_in_the_same_form) {
  settings.reject_as_problem = true;
  start();
  origin.stop_listening();
  EXPECT_THAT(client(get("/")).read_response(),
              AllOf(StartsWith("HTTP/1.1 502 Bad Gateway"),
                    HasSubstr("Content-Type: application/problem+json"),
                    HasSubstr("\"status\":502,\"reason\":\"upstream_connect\"")));
}

}  // namespace
}  // namespace sweetspot::proxy
