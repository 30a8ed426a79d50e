// Addresses: as texts and back.
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <eddy/address.hpp>

namespace eddy::test {
namespace {

TEST(addresses, what_is_parsed_is_printed_the_same) {
  for (const char* text :
       {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:8080", "[::]:0",
        "[2001:db8::1]:443", "unix:/run/some.socket", "unix:@abstract", "unix:"}) {
    const auto a = address::parse(text);
    ASSERT_TRUE(a) << text;
    EXPECT_EQ(a->to_string(), text);
    EXPECT_EQ(*a, *address::parse(text));
  }
}

TEST(addresses, a_zone_is_printed_by_its_name) {
  char name[IF_NAMESIZE];
  ASSERT_NE(::if_indextoname(1, name), nullptr);
  const std::string text = "[fe80::1%" + std::string(name) + "]:1";
  const auto a = address::parse(text);
  ASSERT_TRUE(a) << text;
  EXPECT_EQ(a->to_string(), text);
  EXPECT_EQ(*a, *address::parse("[fe80::1%1]:1"));
}

TEST(addresses, what_is_none_is_refused) {
  for (const char* text :
       {"", ":", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
        "127.0.0.1:1x", "127.1:80", "256.0.0.1:80", "localhost:80", "::1:80", "[::1]", "[::1]80",
        "[127.0.0.1]:80", "[fe80::1%nosuchzone]:1", "[]:1"})
    EXPECT_FALSE(address::parse(text)) << text;
}

TEST(addresses, a_path_that_is_too_long_is_not_cut_off) {
  EXPECT_TRUE(address::unix_path(std::string(107, 'x')));
  EXPECT_EQ(address::unix_path(std::string(107, 'x'))->host(), std::string(107, 'x'));
  EXPECT_FALSE(address::unix_path(std::string(108, 'x')));
  EXPECT_FALSE(address::unix_path(std::string_view("a\0b", 3)));
}

TEST(addresses, they_are_equal_when_they_are_the_same_place) {
  EXPECT_EQ(address::loopback(7), *address::parse("127.0.0.1", 7));
  EXPECT_EQ(address::loopback_v6(7), *address::parse("::1", 7));
  EXPECT_FALSE(address::loopback(7) == address::loopback(8));
  EXPECT_FALSE(address::loopback(7) == address::loopback_v6(7));
  EXPECT_EQ(address::any(0).with_port(9).to_string(), "0.0.0.0:9");
  EXPECT_EQ(address::any_v6(0).with_port(9).to_string(), "[::]:9");
  EXPECT_FALSE(address());
  EXPECT_EQ(address().to_string(), "none");
}

TEST(addresses, what_is_not_whole_is_none) {
  const address a = address::loopback(7);
  EXPECT_TRUE(address(a.data(), a.size()));
  EXPECT_FALSE(address(a.data(), a.size() - 1));
  EXPECT_FALSE(address(a.data(), 1));
  EXPECT_EQ(address::local_of(-1), address());
}

}  // namespace
}  // namespace eddy::test
