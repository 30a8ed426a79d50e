#include <event2/util.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct parsed {
  int result = -2;
  int length = 0;
  sockaddr_storage address{};

  unsigned port() const {
    return address.ss_family == AF_INET
               ? ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port)
               : ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

parsed parse(const std::string& text, int room = sizeof(sockaddr_storage)) {
  parsed p;
  p.length = room;
  p.result =
      evutil_parse_sockaddr_port(text.c_str(), reinterpret_cast<sockaddr*>(&p.address), &p.length);
  return p;
}

TEST(parse_sockaddr_port, reads_the_five_documented_forms) {
  const struct {
    const char* text;
    int family;
    unsigned port;
  } forms[] = {{"[::1]:80", AF_INET6, 80},  {"[::1]", AF_INET6, 0},
               {"::1:80", AF_INET6, 0},     {"1.2.3.4:65535", AF_INET, 65535},
               {"1.2.3.4", AF_INET, 0},     {"::ffff:1.2.3.4", AF_INET6, 0},
               {"1.2.3.4:080", AF_INET, 80}};
  for (const auto& form : forms) {
    const parsed p = parse(form.text);
    ASSERT_EQ(p.result, 0) << form.text;
    EXPECT_EQ(p.address.ss_family, form.family) << form.text;
    EXPECT_EQ(p.port(), form.port) << form.text;
    EXPECT_EQ(p.length,
              form.family == AF_INET ? int{sizeof(sockaddr_in)} : int{sizeof(sockaddr_in6)});
  }
}

TEST(parse_sockaddr_port, keeps_the_scope) {
  const parsed p = parse("[fe80::1%3]:5");
  ASSERT_EQ(p.result, 0);
  EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(&p.address)->sin6_scope_id, 3U);
}

TEST(parse_sockaddr_port, refuses_other_forms) {
  for (const char* text : {"", ":", ":80", "[", "]", "[]", "[]:80", "[::1", "[::1]]", "[::1]x",
                           "[::1]80", "[1.2.3.4]:80", "1.2.3:80", "1.2.3.4:80:90", "localhost:80",
                           "1:2:3:4:5:6:7:8:9", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4%1:80"})
    EXPECT_EQ(parse(text).result, -1) << text;
  EXPECT_EQ(parse(std::string(3000, '1') + ":80").result, -1);
  EXPECT_EQ(parse("[" + std::string(3000, '1') + "]:80").result, -1);
}

TEST(parse_sockaddr_port, refuses_ports_outside_of_1_to_65535_and_what_is_not_a_number) {
  for (const char* port : {"", "0", "65536", "-1", "+80", " 80", "80 ", "80x", "0x50", "4294967376",
                           "99999999999999999999"}) {
    EXPECT_EQ(parse(std::string("1.2.3.4:") + port).result, -1) << port;
    EXPECT_EQ(parse(std::string("[::1]:") + port).result, -1) << port;
  }
}

TEST(parse_sockaddr_port, refuses_when_the_room_is_too_small_and_changes_nothing) {
  const parsed ipv4 = parse("1.2.3.4:5", sizeof(sockaddr_in) - 1);
  EXPECT_EQ(ipv4.result, -1);
  EXPECT_EQ(ipv4.length, int{sizeof(sockaddr_in) - 1});
  EXPECT_EQ(ipv4.address.ss_family, 0);
  EXPECT_EQ(parse("[::1]:5", sizeof(sockaddr_in6) - 1).result, -1);
  EXPECT_EQ(parse("[::1]:5", -1).result, -1);
  EXPECT_EQ(parse("[::1]:5", sizeof(sockaddr_in6)).result, 0);
}

TEST(sockaddr_cmp, is_an_order_by_family_address_and_port) {
  // IPv4 before IPv6, addresses as unsigned numbers.
  const std::vector<std::string> in_order = {"1.2.3.4:80",  "1.2.3.4:81",  "1.2.3.5:2",
                                             "128.0.0.1:1", "255.0.0.1:1", "[::1]:80",
                                             "[::1]:81",    "[::2]:1",     "[fe80::1]:1"};
  for (std::size_t i = 0; i < in_order.size(); ++i)
    for (std::size_t j = 0; j < in_order.size(); ++j) {
      const int result = evutil_sockaddr_cmp(parse(in_order[i]).get(), parse(in_order[j]).get(), 1);
      EXPECT_EQ(result < 0, i < j) << in_order[i] << " " << in_order[j];
      EXPECT_EQ(result == 0, i == j) << in_order[i] << " " << in_order[j];
    }
}

TEST(sockaddr_cmp, looks_at_ports_only_when_asked) {
  EXPECT_EQ(evutil_sockaddr_cmp(parse("1.2.3.4:1").get(), parse("1.2.3.4:2").get(), 0), 0);
  EXPECT_EQ(evutil_sockaddr_cmp(parse("[::1]:1").get(), parse("[::1]:2").get(), 0), 0);
}

TEST(sockaddr_cmp, never_calls_addresses_of_an_unknown_family_equal) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_EQ(evutil_sockaddr_cmp(&address, &address, 1), 1);
}

}  // namespace
