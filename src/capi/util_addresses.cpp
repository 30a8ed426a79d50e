// Addresses as text and back: evutil_inet_ntop(), evutil_inet_pton(), evutil_inet_pton_scope().
//
// The system's functions are not used for IPv4, nor for writing IPv6: they differ between C
// libraries in leading zeros and in which addresses end in dotted decimals.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <event2/util.h>
#include <net/if.h>
#include <netinet/in.h>

namespace {

constexpr int words_in_ipv6 = 8;
// Longer texts are no addresses.
constexpr std::size_t text_size = INET6_ADDRSTRLEN;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Four decimal numbers up to 255, leading zeros allowed and without meaning.
bool parse_ipv4(const char* text, unsigned char out[4]) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && *text++ != '.') return false;
    if (!is_digit(*text)) return false;
    unsigned value = 0;
    while (is_digit(*text)) {
      value = value * 10 + static_cast<unsigned>(*text++ - '0');
      if (value > 255) return false;
    }
    out[i] = static_cast<unsigned char>(value);
  }
  return *text == '\0';
}

// (Where it refuses the text, Windows leaves what it has read so far.)
bool parse_hexadecimal(const char* text, void* out) {
  in6_addr parsed;
  if (inet_pton(AF_INET6, text, &parsed) != 1) return false;
  std::memcpy(out, &parsed, sizeof parsed);
  return true;
}

// The system reads the hexadecimal form; a dotted tail is turned into that first.
bool parse_ipv6(const char* text, void* out) {
  const char* dotted_tail = std::strchr(text, '.') == nullptr ? nullptr : std::strrchr(text, ':');
  if (dotted_tail == nullptr) return parse_hexadecimal(text, out);
  unsigned char tail[4];
  if (!parse_ipv4(dotted_tail + 1, tail)) return false;
  char hexadecimal[INET6_ADDRSTRLEN];
  const int head = static_cast<int>(dotted_tail - text);
  const int length = std::snprintf(hexadecimal, sizeof hexadecimal, "%.*s:%x:%x", head, text,
                                   tail[0] << 8U | tail[1], tail[2] << 8U | tail[3]);
  if (length >= static_cast<int>(sizeof hexadecimal)) return false;
  return parse_hexadecimal(hexadecimal, out);
}

// The index of an interface by its name or number; false when `text` is neither.
bool parse_interface(const char* text, unsigned* index) {
  *index = if_nametoindex(text);
  if (*index != 0) return true;
  if (*text == '\0') return false;
  std::uint64_t number = 0;
  for (; is_digit(*text); ++text) {
    number = number * 10 + static_cast<unsigned>(*text - '0');
    if (number > UINT32_MAX) return false;
  }
  *index = static_cast<unsigned>(number);
  return *text == '\0';
}

// The longest run of zero words, the first of equally long ones; length 0 if none has two words.
struct zero_run {
  int begin = 0;
  int length = 0;
};

zero_run longest_zero_run(const std::uint16_t words[words_in_ipv6]) {
  zero_run best;
  for (int i = 0; i < words_in_ipv6; ++i) {
    int end = i;
    while (end < words_in_ipv6 && words[end] == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    if (end > i) i = end;
  }
  return best.length >= 2 ? best : zero_run{};
}

// Whether the last 32 bits are an IPv4 address: "::ffff:a.b.c.d" and the older "::a.b.c.d".
bool embeds_ipv4(const std::uint16_t words[words_in_ipv6]) {
  for (int i = 0; i < 5; ++i)
    if (words[i] != 0) return false;
  return words[5] == 0xffff || (words[5] == 0 && words[6] != 0 && words[7] != 0);
}

void format_ipv6(const unsigned char bytes[16], char text[INET6_ADDRSTRLEN]) {
  std::uint16_t words[words_in_ipv6];
  for (int i = 0; i < words_in_ipv6; ++i)
    words[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const bool dotted = embeds_ipv4(words);
  const int in_hexadecimal = dotted ? 6 : words_in_ipv6;
  const zero_run gap = longest_zero_run(words);

  char* const end = text + INET6_ADDRSTRLEN;
  char* at = text;
  *at = '\0';
  const auto append = [&](const char* format, unsigned value) {
    at += std::snprintf(at, static_cast<std::size_t>(end - at), format, value);
  };
  for (int i = 0; i < in_hexadecimal; ++i) {
    if (gap.length > 0 && i == gap.begin) {
      append("::", 0);
      i += gap.length - 1;
      continue;
    }
    const bool after_gap = gap.length > 0 && i == gap.begin + gap.length;
    append(i == 0 || after_gap ? "%x" : ":%x", words[i]);
  }
  if (!dotted) return;
  if (at[-1] != ':') append(":", 0);
  for (int i = 12; i < 16; ++i) append(i == 12 ? "%u" : ".%u", bytes[i]);
}

}  // namespace

extern "C" {

const char* evutil_inet_ntop(int af, const void* src, char* dst, size_t len) {
  const unsigned char* bytes = static_cast<const unsigned char*>(src);
  char text[INET6_ADDRSTRLEN];
  if (af == AF_INET) {
    std::snprintf(text, sizeof text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
  } else if (af == AF_INET6) {
    format_ipv6(bytes, text);
  } else {
    errno = EAFNOSUPPORT;
    return nullptr;
  }
  const std::size_t size = std::strlen(text) + 1;
  if (size > len) {
    errno = ENOSPC;
    return nullptr;
  }
  std::memcpy(dst, text, size);
  return dst;
}

int evutil_inet_pton(int af, const char* src, void* dst) {
  if (af == AF_INET) {
    unsigned char parsed[4];
    if (!parse_ipv4(src, parsed)) return 0;
    std::memcpy(dst, parsed, sizeof parsed);
    return 1;
  }
  if (af == AF_INET6) return parse_ipv6(src, dst) ? 1 : 0;
  errno = EAFNOSUPPORT;
  return -1;
}

int evutil_inet_pton_scope(int af, const char* src, void* dst, unsigned* indexp) {
  if (af != AF_INET && af != AF_INET6) return evutil_inet_pton(af, src, dst);
  *indexp = 0;
  const char* percent = std::strchr(src, '%');
  if (percent == nullptr || af == AF_INET) return evutil_inet_pton(af, src, dst);
  const std::size_t length = static_cast<std::size_t>(percent - src);
  char address[text_size];
  if (length >= sizeof address) return 0;
  std::memcpy(address, src, length);
  address[length] = '\0';
  unsigned index = 0;
  if (!parse_interface(percent + 1, &index) || !parse_ipv6(address, dst)) return 0;
  *indexp = index;
  return 1;
}

}  // extern "C"
