// Answers of DNS, read from bytes that anybody may have made.
#include "coro/dns_answer.h"

#include <gtest/gtest.h>

#include <random>

#include "support/dns_messages.h"

namespace eddy::detail {
namespace {

namespace dns = test::dns;

dns::question asking(const std::string& name, int type) {
  dns::question q;
  q.number = 7;
  q.name = name;
  q.type = type;
  q.section = dns::name(name) + dns::number16(static_cast<unsigned>(type)) + dns::number16(1);
  return q;
}

std::string name_in(std::string_view bytes, std::size_t at = 0) {
  return answer_reader(bytes, at).name().value_or("(malformed)");
}

TEST(dns_answer, names_are_read_with_what_they_refer_to) {
  const std::string bytes = dns::name("example.org") + "\4mail" + std::string("\xc0\0", 2) + "rest";
  EXPECT_EQ(name_in(bytes), "example.org");
  answer_reader second(bytes, 13);
  EXPECT_EQ(second.name(), "mail.example.org");
  EXPECT_EQ(second.take(4), "rest");
  EXPECT_EQ(name_in(std::string(1, '\0')), ".");
}

TEST(dns_answer, what_is_no_letter_is_escaped) {
  EXPECT_EQ(name_in(dns::piece("a.b\\c") + dns::piece(std::string("\n\xff ", 3)) + '\0'),
            "a\\.b\\\\c.\\010\\255\\032");
}

TEST(dns_answer, names_that_never_end_or_reach_too_far_are_malformed) {
  EXPECT_EQ(name_in(std::string("\xc0\0", 2)), "(malformed)") << "refers to itself";
  EXPECT_EQ(name_in(std::string("\1a\xc0\0", 4)), "(malformed)") << "round and round";
  EXPECT_EQ(name_in(std::string("\xc0\x05\0\0\0\0", 6)), "(malformed)") << "refers ahead";
  EXPECT_EQ(name_in("\5abc"), "(malformed)");
  EXPECT_EQ(name_in("\3abc"), "(malformed)") << "no end";
  EXPECT_EQ(name_in("\x80"
                    "abc"),
            "(malformed)");
  EXPECT_EQ(name_in(""), "(malformed)");
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += dns::piece(std::string(63, 'a'));
  EXPECT_EQ(name_in(longest + dns::piece(std::string(61, 'b')) + '\0').size(), 253u);
  EXPECT_EQ(name_in(longest + dns::piece(std::string(62, 'b')) + '\0'), "(malformed)");
}

TEST(dns_answer, records_of_other_names_and_types_do_not_count) {
  const auto q = asking("example.org", dns::mx);
  const std::string data = dns::number16(5) + dns::name("m.example.org");
  const std::string answer = dns::reply(q, {dns::record(dns::same_name, dns::mx, 60, data),
                                            dns::record(dns::name("other.org"), dns::mx, 60, data),
                                            dns::record(dns::same_name, dns::txt, 60, "\1x"),
                                            dns::record(dns::name("EXAMPLE.org"), dns::mx, 5, "")});
  const auto found = records_of(answer, record_type::mx);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].content, data);
  EXPECT_EQ((*found)[0].ttl, 60u);
  EXPECT_EQ((*found)[1].ttl, 5u);
}

TEST(dns_answer, aliases_are_followed_in_any_order_and_lower_the_time_to_live) {
  const auto q = asking("a.org", dns::txt);
  const std::string answer =
      dns::reply(q, {dns::record(dns::name("c.org"), dns::txt, 100, "\1x"),
                     dns::record(dns::name("b.org"), dns::cname, 7, dns::name("c.org")),
                     dns::record(dns::same_name, dns::cname, 50, dns::name("b.org"))});
  const auto found = records_of(answer, record_type::txt);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].ttl, 7u);
}

TEST(dns_answer, aliases_in_a_circle_are_malformed) {
  const auto q = asking("a.org", dns::txt);
  EXPECT_FALSE(
      records_of(dns::reply(q, {dns::record(dns::same_name, dns::cname, 50, dns::same_name)}),
                 record_type::txt));
}

TEST(dns_answer, a_time_to_live_with_the_highest_bit_is_none) {
  const auto q = asking("a.org", dns::txt);
  const auto found = records_of(
      dns::reply(q, {dns::record(dns::same_name, dns::txt, 0x80000001, "\1x")}), record_type::txt);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).ttl, 0u);
}

TEST(dns_answer, each_beginning_of_an_answer_is_malformed) {
  const auto q = asking("example.org", dns::txt);
  const std::string answer =
      dns::reply(q, {dns::record(dns::same_name, dns::cname, 60, dns::name("b.org")),
                     dns::record(dns::name("b.org"), dns::txt, 60, dns::piece("text"))});
  ASSERT_TRUE(records_of(answer, record_type::txt));
  for (std::size_t size = 0; size < answer.size(); ++size)
    EXPECT_FALSE(records_of(std::string(answer, 0, size), record_type::txt)) << size;
}

TEST(dns_answer, bytes_that_were_changed_are_read_without_harm) {
  const auto q = asking("example.org", dns::srv);
  const std::string data = dns::number16(1) + dns::number16(2) + dns::number16(3) + dns::same_name;
  const std::string good =
      dns::reply(q, {dns::record(dns::same_name, dns::cname, 60, dns::name("b.org")),
                     dns::record(dns::name("b.org"), dns::srv, 60, data)});
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good;
    for (int changes = 0; changes < 1 + round % 4; ++changes)
      bad[random() % bad.size()] = static_cast<char>(random() % 4 == 0 ? 0xc0 : random());
    const auto found = records_of(bad, record_type::srv);
    for (const answer_record& r : found.value_or(std::vector<answer_record>())) {
      ASSERT_LE(r.at + r.content.size(), bad.size());
      (void)answer_reader(bad, r.at).name();
    }
  }
}

TEST(dns_answer, addresses_are_asked_for_backwards) {
  EXPECT_EQ(reverse_name(std::string_view("\x7f\0\0\1", 4)), "1.0.0.127.in-addr.arpa");
  std::string v6(16, '\0');
  v6[0] = 0x20;
  v6[15] = 0x2b;
  std::string expected = "b.2.";
  for (int i = 0; i < 28; ++i) expected += "0.";
  EXPECT_EQ(reverse_name(v6), expected + "0.2.ip6.arpa");
}

}  // namespace
}  // namespace eddy::detail
