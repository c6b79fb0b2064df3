#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "service/fleet/knowledge.hpp"
#include "service/fleet/view.hpp"

namespace sweetspot::fleet {
namespace {

std::string readme() {
  std::ostringstream text;
  text << std::ifstream(SWEETSPOT_SOURCE_DIR "/service/fleet/README.md").rdbuf();
  return text.str();
}

TEST(Readme, explains_each_state_and_no_other) {
  const std::string text = readme();
  for (const State state : all_states())
    EXPECT_NE(text.find("\n| `" + std::string(to_string(state)) + "` |"), std::string::npos)
        << to_string(state);
}

TEST(Readme, names_the_annotation_and_each_of_its_fields) {
  const std::string text = readme();
  EXPECT_NE(text.find(knowledge_annotation), std::string::npos);
  const auto record =
      with_record("", {.fingerprint = "f", .limit = 8, .confidence = 1, .age = {}, .by = "a"}, {});
  for (const auto* field : {"fingerprint", "limit", "confidence", "age_seconds", "at", "by"}) {
    EXPECT_NE(record.find('"' + std::string(field) + '"'), std::string::npos) << field;
    EXPECT_NE(text.find('`' + std::string(field) + '`'), std::string::npos) << field;
  }
}

}  // namespace
}  // namespace sweetspot::fleet
