// As much of HTTP/1.1 as it takes to get a page (RFC 9110, RFC 9112): URLs, the head of an answer,
// its body by Content-Length, in chunks, or up to the end of the connection; with limits for all
// that a server might send without end.
#pragma once

#include <eddy/eddy.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

// What is wrong with a URL, or with what a server answers.
struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr std::size_t longest_line = 8 * 1024;
inline constexpr std::size_t longest_head = 64 * 1024;
inline constexpr unsigned most_interim_answers = 8;

inline bool same_word(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (small(a[i]) != small(b[i])) return false;
  return true;
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What a server sends, for a terminal: nothing that would move its cursor.
inline std::string printable(std::string_view text) {
  std::string clean(text.substr(0, 200));
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  return clean;
}

// All of the text is a number of that base, or nothing.
inline std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return n;
}

struct url {
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string path = "/";  // with its query

  static url parse(std::string_view text);
  // What a Location refers to, seen from this page.
  url leads_to(std::string_view location) const;
  std::string authority() const {
    const bool v6 = host.find(':') != host.npos;
    return (v6 ? "[" + host + "]" : host) + (port == 80 ? "" : ":" + std::to_string(port));
  }
  std::string to_string() const { return "http://" + authority() + path; }
};

inline url url::parse(std::string_view text) {
  const std::string all = printable(text);
  for (const char c : text)  // it goes into the request as it is
    if (c <= ' ' || c == 0x7f)
      throw failure("a URL has no blanks and no control characters, but this one has: " + all);
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos || !same_word(text.substr(0, scheme), "http")) {
    if (scheme != text.npos && same_word(text.substr(0, scheme), "https"))
      throw failure("TLS is not spoken here, only http://: " + all);
    throw failure("a URL begins with http://, but this one does not: " + all);
  }
  text = text.substr(scheme + 3);
  text = text.substr(0, text.find('#'));
  url u;
  const std::size_t path = text.find_first_of("/?");
  if (path != text.npos) u.path = (text[path] == '?' ? "/" : "") + std::string(text.substr(path));
  text = text.substr(0, path);
  if (text.find('@') != text.npos) throw failure("names of users are not sent: " + all);
  std::size_t host_end = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == text.npos) throw failure("a ']' is missing: " + all);
    u.host = text.substr(1, bracket - 1);
    host_end = bracket + 1 == text.size() ? text.npos : bracket + 1;
    if (host_end != text.npos && text[host_end] != ':')
      throw failure("behind a ']' comes a port or a path: " + all);
  } else {
    u.host = text.substr(0, host_end);
  }
  if (u.host.empty() || u.host.size() > 253) throw failure("this names no host: " + all);
  if (host_end != text.npos && host_end + 1 < text.size()) {
    const auto port = number(text.substr(host_end + 1));
    if (!port || *port == 0 || *port > 65535)
      throw failure("a port is a number from 1 to 65535: " + all);
    u.port = static_cast<std::uint16_t>(*port);
  }
  return u;
}

inline url url::leads_to(std::string_view location) const {
  const std::size_t colon = location.find(':');
  if (colon != location.npos && colon < location.find_first_of("/?#")) return parse(location);
  const std::string text(location);
  if (text.starts_with("//")) return parse("http:" + text);
  const std::string here = "http://" + authority();
  if (text.starts_with('/')) return parse(here + text);
  const std::string page = path.substr(0, path.find('?'));
  if (text.empty() || text.starts_with('?') || text.starts_with('#'))
    return parse(here + page + text);
  return parse(here + page.substr(0, page.rfind('/') + 1) + text);
}

// An answer, whose body is read from its connection bit by bit.
class answer {
 public:
  int status = 0;
  std::string head;                   // as it came, with the empty line
  std::optional<std::uint64_t> size;  // of the body, where the server tells it

  std::string status_line() const {
    return printable(std::string_view(head).substr(0, head.find_first_of("\r\n")));
  }
  // The first of that name, or nothing.
  std::optional<std::string> field(std::string_view name) const {
    for (const auto& [n, value] : fields_)
      if (same_word(n, name)) return value;
    return {};
  }
  // Where it leads instead, if it does.
  std::optional<std::string> redirects_to() const {
    const bool redirects = (status >= 301 && status <= 303) || status == 307 || status == 308;
    return redirects ? field("Location") : std::nullopt;
  }
  // The next bytes of the body; 0: that was all of it. One that is cut off is a failure.
  eddy::task<std::size_t> read(std::span<char> to);

 private:
  friend eddy::task<answer> get_once(const url& from, std::chrono::milliseconds patience);
  static constexpr auto to_the_end = std::numeric_limits<std::uint64_t>::max();

  eddy::task<std::string> line();
  eddy::task<> read_head();
  void read_fields();
  void find_size();
  eddy::task<> next_chunk();

  eddy::tcp_stream peer_;
  std::vector<std::pair<std::string, std::string>> fields_;
  bool chunked_ = false;
  bool done_ = false;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
};

// Without its end. Nothing more is a failure: where it is asked for, one has to come.
inline eddy::task<std::string> answer::line() {
  auto got = co_await eddy::as_result(peer_.read_line(longest_line));
  if (!got && got.error() == std::errc::value_too_large)
    throw failure("the server sends a line that is too long");
  const std::optional<std::span<char>> bytes = std::move(got).value();
  if (!bytes || bytes->back() != '\n') throw failure("the server broke off its answer");
  std::string text(bytes->data(), bytes->size() - 1);
  if (text.ends_with('\r')) text.pop_back();
  co_return text;
}

inline eddy::task<> answer::read_head() {
  for (unsigned interim = 0;; ++interim) {
    head.clear();
    std::string one;
    do {
      one = co_await line();
      head += one + "\r\n";
      if (head.size() > longest_head) throw failure("the head of the answer is too long");
    } while (!one.empty());
    const auto code = head.starts_with("HTTP/1.") && head.size() > 12 && head[8] == ' '
                          ? number(std::string_view(head).substr(9, 3))
                          : std::nullopt;
    if (!code || *code < 100) throw failure("this is no HTTP: " + status_line());
    status = static_cast<int>(*code);
    if (status >= 200) break;
    if (status == 101 || interim == most_interim_answers)
      throw failure("the server does not come to its answer: " + status_line());
  }
  read_fields();
  find_size();
}

inline void answer::read_fields() {
  std::string_view rest = head;
  for (rest.remove_prefix(rest.find('\n') + 1); rest != "\r\n";
       rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string_view one = rest.substr(0, rest.find('\r'));
    const std::size_t colon = one.find(':');
    if (colon == one.npos || colon == 0 || one[0] == ' ' || one[colon - 1] == ' ')
      throw failure("the head of the answer is malformed: " + printable(one));
    fields_.emplace_back(one.substr(0, colon), trimmed(one.substr(colon + 1)));
  }
}

// RFC 9112, section 6.3.
inline void answer::find_size() {
  left_ = to_the_end;
  if (status == 204 || status == 304) {
    size = left_ = 0;
  } else if (const auto coding = field("Transfer-Encoding")) {
    if (!same_word(*coding, "chunked"))
      throw failure("the body comes in a coding that is not known here: " + printable(*coding));
    chunked_ = true;
    left_ = 0;
  } else if (const auto length = field("Content-Length")) {
    for (const auto& [name, value] : fields_)
      if (same_word(name, "Content-Length") && value != *length)
        throw failure("the server tells two sizes of one body");
    size = number(*length);
    if (!size || *size == to_the_end)
      throw failure("this is no size of a body: " + printable(*length));
    left_ = *size;
  }
  done_ = left_ == 0 && !chunked_;
}

inline eddy::task<> answer::next_chunk() {
  std::string text = co_await line();
  const auto length = number(trimmed(text.substr(0, text.find(';'))), 16);
  if (!length || *length == to_the_end) throw failure("this is no chunk: " + printable(text));
  left_ = *length;
  if (left_ != 0) co_return;
  done_ = true;
  for (std::size_t trailer = 0; !(text = co_await line()).empty();)
    if ((trailer += text.size()) > longest_head)
      throw failure("the server sends too much behind the body");
}

inline eddy::task<std::size_t> answer::read(std::span<char> to) {
  if (chunked_ && left_ == 0 && !done_) co_await next_chunk();
  if (done_ || to.empty()) co_return std::size_t{0};
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), left_));
  const std::size_t got = co_await peer_.read_some(to.first(most));
  if (got == 0 && left_ != to_the_end) throw failure("the server broke off its answer");
  done_ = got == 0;
  if (left_ != to_the_end) left_ -= got;
  if (left_ != 0) co_return got;
  if (!chunked_)
    done_ = true;
  else if (!(co_await line()).empty())
    throw failure("a chunk is longer than it was said to be");
  co_return got;
}

// Connects and asks; a server that is silent for longer than `patience` fails with timed_out.
inline eddy::task<answer> get_once(const url& from, std::chrono::milliseconds patience) {
  answer a;
  a.peer_ = co_await eddy::with_timeout(patience, eddy::tcp_stream::connect(from.host, from.port));
  a.peer_.set_read_timeout(patience);
  a.peer_.set_write_timeout(patience);
  co_await a.peer_.write("GET ", from.path, " HTTP/1.1\r\nHost: ", from.authority(),
                         "\r\nUser-Agent: eddy\r\nAccept-Encoding: identity\r\n"
                         "Connection: close\r\n\r\n");
  co_await a.read_head();
  co_return a;
}

// Follows up to `most` redirections, each of which `told` is told before. What is redirected beyond
// that is a failure if any was to be followed, and an answer like others if none was.
inline eddy::task<answer> get(url from, std::chrono::milliseconds patience, unsigned most = 0,
                              std::function<void(const url&)> told = {}) {
  for (unsigned followed = 0;; ++followed) {
    answer a = co_await get_once(from, patience);
    const auto next = a.redirects_to();
    if (!next || most == 0) co_return a;
    url to = from.leads_to(*next);
    if (followed == most)
      throw failure("redirected more than " + std::to_string(most) + " times, at last to " +
                    to.to_string());
    if (told) told(to);
    from = std::move(to);
  }
}

}  // namespace http
