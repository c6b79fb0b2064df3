#include "service/observe/operator.hpp"

#include <gmock/gmock.h>

namespace sweetspot::observe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct OperatorTest : testing::Test {
  Post good() const {
    return {.host = "sidecar:9901",
            .origin = "http://sidecar:9901",
            .fetch_site = "same-origin",
            .content_type = "application/json",
            .authorization = "Bearer sixteen-letters!",
            .body = R"({"action":"pin","limit":12,"comment":"why"})"};
  }
  unsigned status_of(const Post& post) { return orders.answer(post).status; }

  std::vector<Order> carried_out;
  std::string problem;
  Operator orders{"sixteen-letters!", {{"pin", [this](const Order& order) {
                                          carried_out.push_back(order);
                                          return problem;
                                        }}}};
};

TEST_F(OperatorTest, is_obeyed_with_the_token) {
  EXPECT_EQ(status_of(good()), 200u);
  ASSERT_EQ(carried_out.size(), 1u);
  EXPECT_EQ(carried_out[0].limit, 12);
  EXPECT_EQ(carried_out[0].comment, "why");
}

TEST_F(OperatorTest, may_say_for_how_long) {
  Post post = good();
  post.body = R"({"action":"pin","limit":12,"for":"10m"})";
  EXPECT_EQ(status_of(post), 200u);
  EXPECT_EQ(carried_out.at(0).lasts, "10m");
}

TEST_F(OperatorTest, is_refused_without_the_token) {
  for (const std::string wrong :
       {"", "Bearer ", "Bearer sixteen-letters?", "sixteen-letters!", "Bearer sixteen-letters!!"}) {
    Post post = good();
    post.authorization = wrong;
    EXPECT_EQ(status_of(post), 401u) << wrong;
  }
  EXPECT_THAT(carried_out, IsEmpty());
}

TEST_F(OperatorTest, is_refused_from_another_origin) {
  Post by_origin = good(), by_site = good(), opaque = good();
  by_origin.origin = "http://evil.example";
  by_site.fetch_site = "cross-site";
  opaque.origin = "null";
  EXPECT_EQ(status_of(by_origin), 403u);
  EXPECT_EQ(status_of(by_site), 403u);
  EXPECT_EQ(status_of(opaque), 403u);
  EXPECT_THAT(carried_out, IsEmpty());
}

TEST_F(OperatorTest, may_be_no_browser) {
  Post post = good();
  post.origin = post.fetch_site = "";
  EXPECT_EQ(status_of(post), 200u);
}

TEST_F(OperatorTest, sends_nothing_that_a_form_can_send) {
  Post post = good();
  post.content_type = "text/plain";
  EXPECT_EQ(status_of(post), 415u);
}

TEST_F(OperatorTest, hears_why_an_order_was_not_carried_out) {
  problem = "limit: found 12, allowed: 1 to 10";
  const Page page = orders.answer(good());
  EXPECT_EQ(page.status, 409u);
  EXPECT_THAT(page.body, HasSubstr("allowed: 1 to 10"));
}

TEST_F(OperatorTest, is_not_understood_where_the_body_is_nonsense) {
  for (const std::string body :
       {"", "{", "[]", "null", "{}", R"({"action":7})", R"({"action":"format"})", "\xff"}) {
    Post post = good();
    post.body = body;
    EXPECT_EQ(status_of(post), 400u) << body;
  }
}

TEST_F(OperatorTest, can_do_nothing_where_the_page_is_read_only) {
  const Operator read_only("", {{"pin", [](const Order&) { return std::string(); }}});
  Post post = good();
  post.authorization = "Bearer ";
  EXPECT_EQ(read_only.answer(post).status, 404u);
  EXPECT_THAT(read_only.actions(), IsEmpty());
  EXPECT_THAT(orders.actions(), ElementsAre("pin"));
}

}  // namespace
}  // namespace sweetspot::observe
