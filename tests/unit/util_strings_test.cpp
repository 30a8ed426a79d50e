#include <event2/util.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <clocale>
#include <cstdarg>
#include <cstring>

namespace {

TEST(strtoll, reads_numbers_up_to_the_limits_of_64_bits) {
  EXPECT_EQ(evutil_strtoll("9223372036854775807", nullptr, 10), EV_INT64_MAX);
  EXPECT_EQ(evutil_strtoll("-9223372036854775808", nullptr, 10), EV_INT64_MIN);
  errno = 0;
  EXPECT_EQ(evutil_strtoll("9223372036854775808", nullptr, 10), EV_INT64_MAX);
  EXPECT_EQ(errno, ERANGE);
  errno = 0;
  EXPECT_EQ(evutil_strtoll("-9223372036854775809", nullptr, 10), EV_INT64_MIN);
  EXPECT_EQ(errno, ERANGE);
}

TEST(strtoll, tells_where_the_number_ends) {
  const char* text = " -0x1fz";
  char* end = nullptr;
  EXPECT_EQ(evutil_strtoll(text, &end, 0), -0x1f);
  EXPECT_STREQ(end, "z");
  EXPECT_EQ(evutil_strtoll("none", &end, 10), 0);
  EXPECT_STREQ(end, "none");
}

TEST(snprintf, always_ends_the_text_and_tells_its_full_length) {
  for (std::size_t room = 1; room < 8; ++room) {
    char text[16];
    std::memset(text, 'Z', sizeof text);
    EXPECT_EQ(evutil_snprintf(text, room, "%s", "hello"), 5);
    EXPECT_EQ(std::strlen(text), room > 5 ? 5 : room - 1);
    EXPECT_EQ(text[room], 'Z') << "nothing is written beyond the room";
  }
}

TEST(snprintf, without_room_formats_nothing) {
  char text[4] = "abc";
  EXPECT_EQ(evutil_snprintf(text, 0, "%d", 12345), 0);
  EXPECT_STREQ(text, "abc");
}

TEST(ascii_strcasecmp, folds_the_letters_a_to_z_and_nothing_else) {
  EXPECT_EQ(evutil_ascii_strcasecmp("Content-LENGTH", "content-length"), 0);
  EXPECT_NE(evutil_ascii_strcasecmp("[", "{"), 0);
  EXPECT_NE(evutil_ascii_strcasecmp("@", "`"), 0);
  EXPECT_NE(evutil_ascii_strcasecmp("\xc4", "\xe4"), 0);
}

TEST(ascii_strcasecmp, orders_strings) {
  EXPECT_EQ(evutil_ascii_strcasecmp("a", "B"), -1);
  EXPECT_EQ(evutil_ascii_strcasecmp("B", "a"), 1);
  EXPECT_EQ(evutil_ascii_strcasecmp("ab", "abc"), -1);
  EXPECT_EQ(evutil_ascii_strcasecmp("", ""), 0);
}

TEST(ascii_strncasecmp, looks_at_no_more_than_n_characters) {
  EXPECT_EQ(evutil_ascii_strncasecmp("ABx", "aby", 2), 0);
  EXPECT_EQ(evutil_ascii_strncasecmp("ABx", "aby", 3), -1);
  EXPECT_EQ(evutil_ascii_strncasecmp("a", "b", 0), 0);
  EXPECT_EQ(evutil_ascii_strncasecmp("a", "A", 100), 0) << "stops at the end of the strings";
  const char not_ended[2] = {'x', 'y'};
  EXPECT_EQ(evutil_ascii_strncasecmp(not_ended, "XYZ", 2), 0);
}

}  // namespace
