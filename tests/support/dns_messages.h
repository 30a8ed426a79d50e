// Messages of DNS, built by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::test {

namespace dns {

inline constexpr int a = 1, cname = 5, ptr = 12, mx = 15, txt = 16, aaaa = 28, srv = 33;
inline constexpr int form_error = 1, server_failure = 2, no_such_name = 3, refused = 5;

inline std::string number16(unsigned n) {
  return {static_cast<char>(n >> 8 & 0xff), static_cast<char>(n & 0xff)};
}
inline std::string number32(unsigned long n) {
  return number16(static_cast<unsigned>(n >> 16)) + number16(static_cast<unsigned>(n & 0xffff));
}
inline std::string piece(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}
inline std::string name(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    bytes += piece(text.substr(0, dot));
    text = dot == text.npos ? std::string_view() : text.substr(dot + 1);
  }
  return bytes + '\0';
}
// The name that was asked for, by reference.
inline const std::string same_name("\xc0\x0c", 2);

inline std::string record(const std::string& owner, int type, unsigned long ttl,
                          const std::string& data) {
  return owner + number16(static_cast<unsigned>(type)) + number16(1) + number32(ttl) +
         number16(static_cast<unsigned>(data.size())) + data;
}

struct question {
  unsigned number = 0;
  std::string name;  // small letters
  int type = 0;
  std::string section;  // as it came
  bool by_tcp = false;
};

inline question read_question(std::string_view message) {
  question q;
  if (message.size() < 17) return q;
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(message[i] & 0xff); };
  q.number = at(0) << 8 | at(1);
  std::size_t i = 12;
  while (i < message.size() && at(i) != 0) {
    if (!q.name.empty()) q.name += '.';
    for (const char c : message.substr(i + 1, at(i)))
      q.name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    i += at(i) + 1;
  }
  q.type = static_cast<int>(at(i + 1) << 8 | at(i + 2));
  q.section = message.substr(12, i + 5 - 12);
  return q;
}

inline std::string reply(const question& q, const std::vector<std::string>& records,
                         int outcome = 0, bool truncated = false) {
  std::string bytes = number16(q.number) + number16(0x8180U | static_cast<unsigned>(outcome) |
                                                    (truncated ? 0x200U : 0U));
  bytes += number16(1) + number16(static_cast<unsigned>(records.size())) + number32(0) + q.section;
  for (const std::string& r : records) bytes += r;
  return bytes;
}

}  // namespace dns
}  // namespace eddy::test
