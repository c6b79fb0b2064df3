#include "service/config/keys.hpp"

#include <gmock/gmock.h>

#include "service/config/load.hpp"
#include "tests/service/readme.hpp"

namespace sweetspot::config {
namespace {

TEST(Keys, have_names_of_their_own) {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.push_back(key.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Keys, accept_their_own_defaults) {
  for (const Key& key : keys()) {
    if (key.list) continue;
    Config config;
    const std::string shown = key.show(Config{});
    EXPECT_TRUE(key.set(config, {shown})) << key.name << ": " << shown;
    EXPECT_EQ(key.show(config), shown) << key.name;
  }
}

TEST(Keys, show_what_was_set) {
  const std::vector<std::pair<std::string, std::string>> samples{{"listen", "127.0.0.1:0"},
                                                                 {"upstream", "[::1]:81"},
                                                                 {"workers", "2"},
                                                                 {"mode", "shadow"},
                                                                 {"limit.initial", "io"},
                                                                 {"limit.initial", "12"},
                                                                 {"limit.pin", "12"},
                                                                 {"limit.pin", "none"},
                                                                 {"queue.size", "0"},
                                                                 {"queue.timeout", "250ms"},
                                                                 {"head.max_size", "16KiB"},
                                                                 {"tuner.objective", "latency"},
                                                                 {"tuner.p99_bound", "50ms"},
                                                                 {"tuner.e_star", "0.25"},
                                                                 {"tuner.algorithm", "fixed"},
                                                                 {"state.file", "/tmp/s"},
                                                                 {"backend.pid", "1"},
                                                                 {"log.level", "debug"},
                                                                 {"log.format", "json"},
                                                                 {"control", "unix:/run/s.sock"},
                                                                 {"upstream.version", "1.2"},
                                                                 {"drain.delay", "0s"}};
  for (const auto& [name, value] : samples) {
    Config config;
    EXPECT_TRUE(find_key(name)->set(config, {value})) << name;
    EXPECT_EQ(find_key(name)->show(config), value) << name;
  }
}

TEST(Keys, refuse_what_is_not_allowed) {
  const std::string too_long = "unix:/" + std::string(107, 'a');  // a byte more than fits
  const std::vector<std::pair<std::string, std::string>> samples{{"listen", "8080"},
                                                                 {"listen", ":8080"},
                                                                 {"listen", "h:65536"},
                                                                 {"upstream", "h:0"},
                                                                 {"workers", "0"},
                                                                 {"workers", "two"},
                                                                 {"workers", "2 "},
                                                                 {"mode", "Enforce"},
                                                                 {"limit.initial", "0"},
                                                                 {"limit.initial", "-4"},
                                                                 {"limit.min", "1.5"},
                                                                 {"limit.max", "100001"},
                                                                 {"limit.pin", ""},
                                                                 {"queue.size", "-1"},
                                                                 {"queue.timeout", "5"},
                                                                 {"queue.timeout", "0s"},
                                                                 {"queue.timeout", "2h"},
                                                                 {"head.max_size", "1B"},
                                                                 {"tuner.e_star", "1"},
                                                                 {"tuner.e_star", "nan"},
                                                                 {"tuner.algorithm", "magic"},
                                                                 {"backend.pid", "99999999999"},
                                                                 {"bypass.paths", "health"},
                                                                 {"state.file", ""},
                                                                 {"control", "unix:s"},
                                                                 {"control", too_long},
                                                                 {"listen", too_long},
                                                                 {"upstream", too_long}};
  for (const auto& [name, value] : samples) {
    Config config;
    EXPECT_FALSE(find_key(name)->set(config, {value})) << name << ": " << value;
  }
}

TEST(Keys, are_each_a_row_of_the_readme) {
  std::vector<std::string> rows;
  for (const Key& key : keys())
    rows.push_back("| `" + key.name + "` | " + key.allowed + " | `" + key.show(Config{}) + "` | " +
                   key.help + " |");
  EXPECT_THAT(tests::readme_table("## Configuration"), testing::ContainerEq(rows));
}

}  // namespace
}  // namespace sweetspot::config
