#include <arpa/inet.h>
#include <event2/util.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace {

std::string ipv6_text(const char* text) {
  in6_addr address;
  if (evutil_inet_pton(AF_INET6, text, &address) != 1) return "refused";
  char out[INET6_ADDRSTRLEN];
  return evutil_inet_ntop(AF_INET6, &address, out, sizeof out) == nullptr ? "unwritable" : out;
}

bool is_ipv4(const char* text) {
  in_addr address;
  return evutil_inet_pton(AF_INET, text, &address) == 1;
}

TEST(inet_ntop, shortens_the_longest_run_of_zeros_and_the_first_of_equals) {
  EXPECT_EQ(ipv6_text("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(ipv6_text("1:0:0:2:0:0:0:3"), "1:0:0:2::3");
  EXPECT_EQ(ipv6_text("1:0:0:2:3:0:0:4"), "1::2:3:0:0:4");
  EXPECT_EQ(ipv6_text("0:0:1:1:1:1:1:1"), "::1:1:1:1:1:1");
  EXPECT_EQ(ipv6_text("1:1:1:1:1:1:0:0"), "1:1:1:1:1:1::");
}

TEST(inet_ntop, leaves_a_single_zero_alone) {
  EXPECT_EQ(ipv6_text("1:0:2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
}

TEST(inet_ntop, writes_embedded_ipv4_addresses_with_dots) {
  EXPECT_EQ(ipv6_text("::ffff:102:304"), "::ffff:1.2.3.4");
  EXPECT_EQ(ipv6_text("::ffff:0:0"), "::ffff:0.0.0.0");
  EXPECT_EQ(ipv6_text("::102:304"), "::1.2.3.4");
  EXPECT_EQ(ipv6_text("::1:0"), "::1:0");
  EXPECT_EQ(ipv6_text("64:ff9b::102:304"), "64:ff9b::102:304");
}

TEST(inet_ntop, never_cuts_an_address_off) {
  const struct {
    int family;
    const char* text;
  } addresses[] = {{AF_INET, "1.22.255.0"},
                   {AF_INET6, "::"},
                   {AF_INET6, "::ffff:1.2.3.4"},
                   {AF_INET6, "2001:db8::1"},
                   {AF_INET6, "abcd:ef01:2345:6789:abcd:ef01:2345:6789"}};
  for (const auto& a : addresses) {
    unsigned char address[16];
    ASSERT_EQ(evutil_inet_pton(a.family, a.text, address), 1);
    const std::size_t needed = std::strlen(a.text) + 1;
    for (std::size_t room = 0; room < needed; ++room) {
      char out[64];
      std::memset(out, 'Z', sizeof out);
      errno = 0;
      EXPECT_EQ(evutil_inet_ntop(a.family, address, out, room), nullptr) << a.text << " " << room;
      EXPECT_EQ(errno, ENOSPC);
      EXPECT_EQ(out[0], 'Z') << "a refused address leaves the buffer alone";
    }
    char out[64];
    EXPECT_STREQ(evutil_inet_ntop(a.family, address, out, needed), a.text);
  }
}

TEST(inet_ntop, refuses_other_families) {
  char out[64];
  errno = 0;
  EXPECT_EQ(evutil_inet_ntop(AF_UNIX, "abcdefgh", out, sizeof out), nullptr);
  EXPECT_EQ(errno, EAFNOSUPPORT);
}

TEST(inet_pton, reads_ipv4_as_four_decimal_numbers) {
  in_addr address;
  ASSERT_EQ(evutil_inet_pton(AF_INET, "1.2.3.255", &address), 1);
  EXPECT_EQ(ntohl(address.s_addr), 0x010203ffU);
  ASSERT_EQ(evutil_inet_pton(AF_INET, "010.001.00.9", &address), 1);
  EXPECT_EQ(ntohl(address.s_addr), 0x0a010009U) << "leading zeros do not mean octal";
}

TEST(inet_pton, refuses_what_is_not_exactly_an_ipv4_address) {
  for (const char* text : {"", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "1..2.3",
                           "256.1.1.1", "1.2.3.4294967300", " 1.2.3.4", "1.2.3.4 ", "+1.2.3.4",
                           "1.-2.3.4", "0x1.2.3.4", "1.2.3.4x", "::1"})
    EXPECT_FALSE(is_ipv4(text)) << text;
}

TEST(inet_pton, leaves_the_result_alone_when_it_refuses) {
  unsigned char untouched[16];
  std::memset(untouched, 0x5a, sizeof untouched);
  EXPECT_EQ(evutil_inet_pton(AF_INET, "1.2.3.400", untouched), 0);
  EXPECT_EQ(evutil_inet_pton(AF_INET6, "1::2::3", untouched), 0);
  for (unsigned char byte : untouched) EXPECT_EQ(byte, 0x5a);
}

TEST(inet_pton, reads_all_forms_of_ipv6) {
  EXPECT_EQ(ipv6_text("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
  EXPECT_EQ(ipv6_text("::FFFF:ABCD"), "::255.255.171.205");
  EXPECT_EQ(ipv6_text("0001::"), "1::");
  EXPECT_EQ(ipv6_text("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
  EXPECT_EQ(ipv6_text("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
}

TEST(inet_pton, refuses_what_is_not_exactly_an_ipv6_address) {
  for (const char* text : {"",
                           ":",
                           ":::",
                           "1",
                           "1:",
                           ":1",
                           "::1:",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "12345::",
                           "::00001",
                           "g::",
                           "::0x1",
                           "::-1",
                           " ::1",
                           "::1 ",
                           "::1%1",
                           "::1/64",
                           "1.2.3.4",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::1.2.3.256",
                           "1.2.3.4::",
                           "1::1.2.3.4:5",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "1:2:3:4:5:1.2.3.4"})
    EXPECT_EQ(ipv6_text(text), "refused") << text;
  EXPECT_EQ(ipv6_text((std::string(5000, '0') + "::1.2.3.4").c_str()), "refused");
}

TEST(inet_pton, refuses_other_families) {
  char out[64];
  unsigned index = 5;
  errno = 0;
  EXPECT_EQ(evutil_inet_pton(AF_UNIX, "1.2.3.4", out), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
  EXPECT_EQ(evutil_inet_pton_scope(AF_UNIX, "1.2.3.4", out, &index), -1);
}

int scope_of(const char* text, unsigned* index) {
  in6_addr address;
  *index = 12345;
  return evutil_inet_pton_scope(AF_INET6, text, &address, index);
}

TEST(inet_pton_scope, finds_an_interface_by_name_and_by_number) {
  char loopback[IF_NAMESIZE];
  ASSERT_NE(if_indextoname(1, loopback), nullptr);
  unsigned index = 0;
  EXPECT_EQ(scope_of((std::string("fe80::1%") + loopback).c_str(), &index), 1);
  EXPECT_EQ(index, 1U);
  EXPECT_EQ(scope_of("fe80::1%77", &index), 1);
  EXPECT_EQ(index, 77U);
  EXPECT_EQ(scope_of("fe80::1", &index), 1);
  EXPECT_EQ(index, 0U);
}

TEST(inet_pton_scope, refuses_a_scope_that_is_neither_name_nor_number) {
  unsigned index = 0;
  for (const char* text : {"fe80::1%", "fe80::1%nosuchinterface", "fe80::1%-1", "fe80::1%1x",
                           "fe80::1%4294967296", "%1", "fe80::zz%1"}) {
    EXPECT_EQ(scope_of(text, &index), 0) << text;
    EXPECT_EQ(index, 0U) << text;
  }
}

TEST(inet_pton_scope, knows_no_scope_for_ipv4) {
  in_addr address;
  unsigned index = 9;
  EXPECT_EQ(evutil_inet_pton_scope(AF_INET, "1.2.3.4", &address, &index), 1);
  EXPECT_EQ(index, 0U);
  EXPECT_EQ(evutil_inet_pton_scope(AF_INET, "1.2.3.4%1", &address, &index), 0);
}

}  // namespace
