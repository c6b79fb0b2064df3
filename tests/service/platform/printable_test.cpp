#include "service/platform/printable.hpp"

#include <gtest/gtest.h>

namespace sweetspot::platform {
namespace {

TEST(Printable, leaves_what_a_terminal_shows) {
  for (const std::string text :
       {"", "127.0.0.1:80", "a b\\c \"d\"", "Käse → 食", "\xf0\x9f\x8d\xaf"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, escapes_what_a_terminal_obeys) {
  EXPECT_EQ(printable("\x1b[31mred\r\n\t\x7f"), "\\x1b[31mred\\r\\n\\t\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");  // the same as ESC [
}

TEST(Printable, escapes_bytes_that_are_no_characters) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");  // two bytes for one of ASCII
  EXPECT_EQ(printable("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half a pair of UTF-16
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(Printable, changes_nothing_the_second_time) {
  const std::string once = printable("\x1b\n\xff");
  EXPECT_EQ(printable(once), once);
}

}  // namespace
}  // namespace sweetspot::platform
