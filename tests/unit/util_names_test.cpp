#include <event2/util.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <initializer_list>
#include <string>

#include "support/system.h"

namespace {

class lookup {
 public:
  lookup(const char* host, const char* service, int flags, int family = AF_UNSPEC,
         int type = SOCK_STREAM) {
    evutil_addrinfo hints{};
    hints.ai_flags = flags;
    hints.ai_family = family;
    hints.ai_socktype = type;
    result = evutil_getaddrinfo(host, service, &hints, &list_);
  }
  ~lookup() { evutil_freeaddrinfo(list_); }
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

  std::string first() const {
    char text[INET6_ADDRSTRLEN] = "nothing";
    if (list_ == nullptr) return text;
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(list_->ai_addr);
    const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(list_->ai_addr);
    const bool is_ipv6 = list_->ai_family == AF_INET6;
    const void* address = is_ipv6 ? static_cast<const void*>(&ipv6->sin6_addr) : &ipv4->sin_addr;
    evutil_inet_ntop(list_->ai_family, address, text, sizeof text);
    return std::string(text) + " " + std::to_string(ntohs(ipv4->sin_port));
  }

  int result;

 private:
  evutil_addrinfo* list_ = nullptr;
};

constexpr int numeric = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV;

TEST(getaddrinfo, reads_numeric_addresses) {
  EXPECT_EQ(lookup("127.0.0.1", "80", numeric).first(), "127.0.0.1 80");
  EXPECT_EQ(lookup("::1", "65535", numeric).first(), "::1 65535");
  EXPECT_EQ(lookup("127.0.0.1", nullptr, numeric).first(), "127.0.0.1 0");
}

TEST(getaddrinfo, without_a_host_means_any_address_or_loopback) {
  EXPECT_EQ(lookup(nullptr, "80", numeric | EVUTIL_AI_PASSIVE, AF_INET).first(), "0.0.0.0 80");
  EXPECT_EQ(lookup(nullptr, "80", numeric, AF_INET).first(), "127.0.0.1 80");
}

TEST(getaddrinfo, refuses_a_host_that_is_not_numeric_when_asked_to) {
  EXPECT_EQ(lookup("name.invalid", "80", numeric).result, EVUTIL_EAI_NONAME);
  EXPECT_EQ(lookup(nullptr, nullptr, numeric).result, EVUTIL_EAI_NONAME);
}

TEST(getaddrinfo, refuses_ports_beyond_65535_instead_of_wrapping_them) {
  EXPECT_EQ(lookup("127.0.0.1", "65536", numeric).result, EVUTIL_EAI_SERVICE);
  EXPECT_EQ(lookup("127.0.0.1", "65616", EVUTIL_AI_NUMERICHOST).result, EVUTIL_EAI_SERVICE);
  EXPECT_EQ(lookup("127.0.0.1", "99999999999999999999", numeric).result, EVUTIL_EAI_SERVICE);
}

TEST(getaddrinfo, refuses_unknown_families_types_and_flags) {
  EXPECT_EQ(lookup("127.0.0.1", "80", numeric, AF_UNIX).result, EVUTIL_EAI_FAMILY);
  EXPECT_EQ(lookup("127.0.0.1", "80", numeric, AF_UNSPEC, 99).result, EVUTIL_EAI_SOCKTYPE);
  EDDY_SKIP_UNDER_WINE("flags that it does not know are passed over");
  EXPECT_EQ(lookup("127.0.0.1", "80", 0x40000000).result, EVUTIL_EAI_BADFLAGS);
}

TEST(getaddrinfo, leaves_the_result_alone_when_it_fails_and_refuses_a_missing_one) {
  evutil_addrinfo sentinel{};
  evutil_addrinfo* list = &sentinel;
  EXPECT_NE(evutil_getaddrinfo(nullptr, nullptr, nullptr, &list), 0);
  EXPECT_EQ(list, &sentinel);
  EXPECT_EQ(evutil_getaddrinfo("127.0.0.1", "80", nullptr, nullptr), EVUTIL_EAI_SYSTEM);
  EXPECT_EQ(errno, EINVAL);
  evutil_freeaddrinfo(nullptr);
}

TEST(gai_strerror, has_a_text_for_each_code_and_for_unknown_ones) {
  std::string texts;
  for (int code : std::initializer_list<int>{
           0, EVUTIL_EAI_ADDRFAMILY, EVUTIL_EAI_AGAIN, EVUTIL_EAI_BADFLAGS, EVUTIL_EAI_FAIL,
           EVUTIL_EAI_FAMILY, EVUTIL_EAI_MEMORY, EVUTIL_EAI_NODATA, EVUTIL_EAI_NONAME,
           EVUTIL_EAI_SERVICE, EVUTIL_EAI_SOCKTYPE, EVUTIL_EAI_SYSTEM, EVUTIL_EAI_CANCEL}) {
    const std::string text = std::string("<") + evutil_gai_strerror(code) + ">";
    EXPECT_NE(text, "<Unknown error>") << code;
    EXPECT_EQ(texts.find(text), std::string::npos) << text << " is given twice";
    texts += text;
  }
  EXPECT_STREQ(evutil_gai_strerror(424242), "Unknown error");
}

}  // namespace
