#include "service/injector/template.hpp"

#include <gmock/gmock.h>

namespace sweetspot::injector {
namespace {

using testing::HasSubstr;

Json good() {
  return Json::parse(
      R"({"container":{"name":"sweetspot","image":"i"},"volumes":[],"labels":{},"backendPreStop":null,
      "endSeconds":75,"drainDelayMilliseconds":5000,"native":true,"proxyPort":8080,"adminPort":9901,"controlPort":9902,
      "backendPort":8081,"bindAddress":"0.0.0.0","namespace":"sweetspot","denies":false})");
}

TEST(Template, is_read) {
  const auto read = parse_template(good().dump());
  ASSERT_TRUE(read.value) << read.problem;
  EXPECT_EQ(read.value->end_seconds, 75);
  EXPECT_TRUE(read.value->backend_pre_stop.is_null());
  EXPECT_EQ(read.value->own_namespace, "sweetspot");
}

TEST(Template, that_is_wrong_is_refused_by_its_field) {
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, Json>>{{"container", 7},
                                                 {"volumes", {{"a", 1}}},
                                                 {"endSeconds", "75"},
                                                 {"endSeconds", 0},
                                                 {"native", "yes"},
                                                 {"proxyPort", 70000},
                                                 {"namespace", 7},
                                                 {"backendPreStop", 7}}) {
    auto wrong = good();
    wrong[field] = value;
    EXPECT_THAT(parse_template(wrong.dump()).problem, HasSubstr(field)) << value;
  }
  const Json all = good();
  for (const auto& [field, value] : all.items()) {
    auto wrong = all;
    wrong.erase(field);
    if (field == "backendPreStop") continue;  // none: the backend's own affair
    EXPECT_THAT(parse_template(wrong.dump()).problem, HasSubstr(field));
  }
}

TEST(Template, must_hold_a_sidecar) {
  auto wrong = good();
  wrong["container"]["name"] = "other";
  EXPECT_THAT(parse_template(wrong.dump()).problem, HasSubstr("container"));
  EXPECT_FALSE(parse_template("").value);
}

}  // namespace
}  // namespace sweetspot::injector
