#include "coro/dns_answer.h"

#include <algorithm>
#include <cstdio>

namespace eddy::detail {
namespace {

constexpr std::size_t longest_name = 255;
constexpr unsigned most_aliases = 16;
constexpr std::uint16_t internet = 1;
constexpr std::uint32_t most_ttl = 0x7fffffff;  // beyond it a ttl counts as 0 (RFC 2181, 8)

unsigned octet(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

void append_label(std::string& to, std::string_view label) {
  for (const char c : label) {
    if (c == '.' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c > ' ' && c < 0x7f) {
      to += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\%03u", static_cast<unsigned char>(c));
      to += escaped;
    }
  }
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

struct entry {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t group = 0;
  answer_record record{};
};

std::optional<entry> read_entry(answer_reader& from) {
  entry e;
  auto name = from.name();
  const auto type = from.number16(), group = from.number16();
  const auto ttl = from.number32();
  const auto size = from.number16();
  if (!name || !size) return {};
  e.record.at = from.at();
  const auto content = from.take(*size);
  if (!content) return {};
  e.name = std::move(*name);
  e.type = *type;
  e.group = *group;
  e.record.ttl = *ttl > most_ttl ? 0 : *ttl;
  e.record.content = *content;
  return e;
}

// All of its answers, and the name that was asked for.
std::optional<std::vector<entry>> read_entries(std::string_view answer, std::string& asked) {
  answer_reader from(answer, 4);  // behind the number of the query and its flags
  const auto questions = from.number16(), answers = from.number16();
  if (!answers || *questions != 1 || !from.take(4)) return {};
  auto name = from.name();
  if (!name || !from.take(4)) return {};
  asked = std::move(*name);
  std::vector<entry> all;
  for (unsigned left = *answers; left > 0; --left) {
    auto one = read_entry(from);
    if (!one) return {};
    if (one->group == internet) all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace

std::optional<std::string_view> answer_reader::take(std::size_t size) noexcept {
  if (at_ > bytes_.size() || size > bytes_.size() - at_) {
    at_ = bytes_.size() + 1;  // and so fails what follows
    return {};
  }
  const std::string_view taken = bytes_.substr(at_, size);
  at_ += size;
  return taken;
}

std::optional<std::uint16_t> answer_reader::number16() noexcept {
  const auto two = take(2);
  if (!two) return {};
  return static_cast<std::uint16_t>(octet(*two, 0) << 8 | octet(*two, 1));
}

std::optional<std::uint32_t> answer_reader::number32() noexcept {
  const auto high = number16(), low = number16();
  if (!low) return {};
  return static_cast<std::uint32_t>(*high) << 16 | *low;
}

std::optional<std::string> answer_reader::name() {
  std::string text;
  std::size_t length = 0;  // as RFC 1035 counts it: no chain of references goes on for ever
  answer_reader label(bytes_, at_);
  bool referred = false;
  for (;;) {
    const auto size = label.take(1);
    if (!size) return {};
    const unsigned n = octet(*size, 0);
    if (n >= 0xc0) {
      const auto low = label.take(1);
      if (!low) return {};
      const std::size_t to = (n & 0x3f) << 8 | octet(*low, 0);
      if (to >= label.at() - 2) return {};  // backwards only
      if (!referred) at_ = label.at();
      referred = true;
      label = answer_reader(bytes_, to);
      continue;
    }
    length += n + 1;
    const auto bytes = label.take(n);
    if (n > 63 || length > longest_name || !bytes) return {};
    if (n == 0) break;
    if (!text.empty()) text.push_back('.');
    append_label(text, *bytes);
  }
  if (!referred) at_ = label.at();
  if (text.empty()) text.push_back('.');
  return text;
}

std::optional<std::vector<answer_record>> records_of(std::string_view answer, record_type type) {
  std::string name;
  const auto all = read_entries(answer, name);
  if (!all) return {};
  std::uint32_t least = most_ttl;
  for (unsigned aliases = 0;; ++aliases) {
    const auto alias = std::find_if(all->begin(), all->end(), [&](const entry& e) {
      return e.type == static_cast<std::uint16_t>(record_type::cname) && same_name(e.name, name);
    });
    if (alias == all->end()) break;
    auto target = answer_reader(answer, alias->record.at).name();
    if (!target || aliases == most_aliases) return {};
    name = std::move(*target);
    least = std::min(least, alias->record.ttl);
  }
  std::vector<answer_record> found;
  for (const entry& e : *all) {
    if (e.type != static_cast<std::uint16_t>(type) || !same_name(e.name, name)) continue;
    found.push_back(e.record);
    found.back().ttl = std::min(e.record.ttl, least);
  }
  return found;
}

std::string reverse_name(std::string_view bytes) {
  std::string name;
  char part[24];
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (bytes.size() == 4)
      std::snprintf(part, sizeof part, "%u.", octet(bytes, i));
    else
      std::snprintf(part, sizeof part, "%x.%x.", octet(bytes, i) & 0xf, octet(bytes, i) >> 4);
    name += part;
  }
  return name + (bytes.size() == 4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace eddy::detail
