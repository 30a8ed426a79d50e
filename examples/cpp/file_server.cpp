// A web server of the files below a folder: GET and HEAD, ranges, If-Modified-Since, listings.
// Try it with: file_server 8080 . and a browser at http://127.0.0.1:8080/
//
// Nothing outside the folder can be reached: the kernel itself resolves the path below it, links
// included (openat2(2), RESOLVE_BENEATH). A request's head is limited in size and in time, and so
// is the time for which a client may take nothing of an answer.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <vector>

#include "common.h"

static const char usage[] =
    "usage: file_server PORT FOLDER\n"
    "Listens on PORT of 127.0.0.1 (0: one that is free), says \"port N\", and serves the files "
    "below FOLDER.\n";

using namespace std::chrono_literals;

constexpr std::size_t longest_line = 8 << 10, most_lines = 100, piece_size = 64 << 10;

struct request {
  std::string method, path, version;
  std::map<std::string, std::string> fields;  // names in lower case
  bool keeps_open = false;
};

// What is answered instead of a file.
struct refusal {
  int status;
  const char* reason;
};

static std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

static std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// "%41" is an A. Throws what a bad one is answered with.
static std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    const char* const digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2 ||
        value == 0)
      throw refusal{400, "Bad Request"};
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

static std::string escaped(const std::string& text, bool for_link) {
  std::string safe;
  for (const char c : text) {
    char code[8];
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || (!for_link && c == ' ');
    std::snprintf(code, sizeof code, for_link ? "%%%02X" : "&#%u;", static_cast<unsigned char>(c));
    if (plain || (!for_link && static_cast<unsigned char>(c) >= 0x80))
      safe += c;
    else
      safe += code;
  }
  return safe;
}

// One line without its end; nothing at the end of the connection.
static eddy::task<std::optional<std::string>> head_line(eddy::tcp_stream& peer) {
  auto line = co_await peer.read_line(longest_line);
  if (!line) co_return std::nullopt;
  std::string text(line->begin(), line->end());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  co_return text;
}

static eddy::task<std::optional<request>> read_request(eddy::tcp_stream& peer) {
  auto first = co_await head_line(peer);
  if (!first) co_return std::nullopt;
  request r;
  const std::size_t one = first->find(' '), two = first->rfind(' ');
  if (one == std::string::npos || one == two) throw refusal{400, "Bad Request"};
  r.method = first->substr(0, one);
  r.path = first->substr(one + 1, two - one - 1);
  r.version = first->substr(two + 1);
  if (r.version != "HTTP/1.1" && r.version != "HTTP/1.0")
    throw refusal{505, "HTTP Version Not Supported"};
  for (std::size_t lines = 0;; ++lines) {
    auto line = co_await head_line(peer);
    if (!line) co_return std::nullopt;
    if (line->empty()) break;
    const std::size_t colon = line->find(':');
    if (colon == std::string::npos || lines == most_lines) throw refusal{400, "Bad Request"};
    r.fields[lower(line->substr(0, colon))] = trimmed(std::string_view(*line).substr(colon + 1));
  }
  const std::string wanted = lower(r.fields["connection"]);
  r.keeps_open = r.version == "HTTP/1.1" ? wanted != "close" : wanted == "keep-alive";
  // A body would have to be read before the next request.
  if (r.fields.count("content-length") != 0 || r.fields.count("transfer-encoding") != 0)
    r.keeps_open = false;
  co_return r;
}

static std::string http_date(std::chrono::sys_time<std::chrono::nanoseconds> when) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm parts{};
  char text[64];
  ::gmtime_r(&seconds, &parts);
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
}

static const char* type_of(std::string_view path) {
  constexpr std::pair<const char*, const char*> types[] = {{".html", "text/html; charset=utf-8"},
                                                           {".txt", "text/plain; charset=utf-8"},
                                                           {".css", "text/css"},
                                                           {".js", "text/javascript"},
                                                           {".json", "application/json"},
                                                           {".png", "image/png"},
                                                           {".jpg", "image/jpeg"},
                                                           {".svg", "image/svg+xml"}};
  for (const auto& [end, type] : types)
    if (path.ends_with(end)) return type;
  return "application/octet-stream";
}

// Bytes [from, to) of a file of that size; false where the request asks for none that are there.
static bool range_of(const request& r, std::uint64_t size, std::uint64_t& from, std::uint64_t& to) {
  from = 0;
  to = size;
  const auto field = r.fields.find("range");
  if (field == r.fields.end() || field->second.rfind("bytes=", 0) != 0) return true;
  const std::string_view range = std::string_view(field->second).substr(6);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return true;
  std::uint64_t first = 0, last = size == 0 ? 0 : size - 1;
  const std::string_view begin = range.substr(0, dash), end = range.substr(dash + 1);
  if (!begin.empty()) {
    std::from_chars(begin.data(), begin.data() + begin.size(), first);
    if (!end.empty()) std::from_chars(end.data(), end.data() + end.size(), last);
  } else {
    std::uint64_t count = 0;
    std::from_chars(end.data(), end.data() + end.size(), count);
    first = count >= size ? 0 : size - count;
    if (count == 0) return false;
  }
  if (first >= size || last < first) return false;
  from = first;
  to = std::min(last, size - 1) + 1;
  return true;
}

class site {
 public:
  explicit site(const char* folder) : root_(::open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (!root_) throw std::system_error(errno, std::generic_category(), folder);
  }

  // Opening does not wait for anybody, but it may take as long as a disk: by a thread.
  eddy::task<eddy::file> open(std::string path) const {
    auto open_below = [root = root_.get(), path] {
      open_how how{};
      how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
      how.resolve = RESOLVE_BENEATH;
      const std::string relative = "." + path;
      const long fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
      return fd < 0 ? -errno : static_cast<int>(fd);
    };
    const int fd = co_await eddy::blocking(eddy::work::ends_soon, std::move(open_below));
    if (fd == -EACCES) throw refusal{403, "Forbidden"};
    if (fd < 0) throw refusal{404, "Not Found"};
    co_return eddy::file(fd);
  }

 private:
  eddy::owned_descriptor root_;
};

static std::string head(int status, const char* reason, std::uint64_t length, const char* type,
                        bool keeps_open, const std::string& more = "") {
  return "HTTP/1.1 " + std::to_string(status) + " " + reason +
         "\r\nContent-Length: " + std::to_string(length) + "\r\nContent-Type: " + type + "\r\n" +
         more + (keeps_open ? "" : "Connection: close\r\n") + "\r\n";
}

static eddy::task<> send_page(eddy::tcp_stream& peer, const request& r, int status,
                              const char* reason, std::string page) {
  const std::string first =
      head(status, reason, page.size(), "text/html; charset=utf-8", r.keeps_open);
  if (r.method == "HEAD") page.clear();
  co_await peer.write(first, page);
}

static eddy::task<> send_listing(eddy::tcp_stream& peer, const request& r, const eddy::file& folder,
                                 const std::string& path) {
  const std::string place = "/proc/self/fd/" + std::to_string(folder.native_handle());
  std::vector<std::string> names;
  auto entries = eddy::list_directory(place);
  while (auto e = co_await entries.next())
    names.push_back(e->name + (e->kind == eddy::file_kind::directory ? "/" : ""));
  std::sort(names.begin(), names.end());
  std::string page = "<!doctype html><title>" + escaped(path, false) + "</title><ul>\n";
  for (const std::string& name : names) {
    const bool is_folder = name.back() == '/';
    const std::string plain = is_folder ? name.substr(0, name.size() - 1) : name;
    page += "<li><a href=\"./" + escaped(plain, true) + (is_folder ? "/" : "") + "\">" +
            escaped(name, false) + "</a>\n";
  }
  co_await send_page(peer, r, 200, "OK", page + "</ul>\n");
}

static eddy::task<> send_file(eddy::tcp_stream& peer, const request& r, eddy::file& f,
                              const eddy::file_info& about, const std::string& path) {
  const std::string date = http_date(about.modified);
  std::string more = "Last-Modified: " + date + "\r\nAccept-Ranges: bytes\r\n";
  const auto since = r.fields.find("if-modified-since");
  if (since != r.fields.end() && since->second == date) {
    co_await peer.write("HTTP/1.1 304 Not Modified\r\n", more,
                        r.keeps_open ? "\r\n" : "Connection: close\r\n\r\n");
    co_return;
  }
  std::uint64_t from = 0, to = 0;
  if (!range_of(r, about.size, from, to)) throw refusal{416, "Range Not Satisfiable"};
  const bool in_part = to - from != about.size;
  if (in_part)
    more += "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(to - 1) + "/" +
            std::to_string(about.size) + "\r\n";
  co_await peer.write(head(in_part ? 206 : 200, in_part ? "Partial Content" : "OK", to - from,
                           type_of(path), r.keeps_open, more));
  if (r.method == "HEAD") co_return;
  std::vector<char> piece(piece_size);
  while (from < to) {
    const std::size_t size = std::min<std::uint64_t>(piece.size(), to - from);
    const std::size_t got = co_await f.read_at(std::span<char>(piece).first(size), from);
    // It was cut off meanwhile: the client sees that by the missing bytes.
    if (got == 0) throw std::runtime_error(path + " became shorter while it was sent");
    co_await peer.write(std::string_view(piece.data(), got));
    from += got;
  }
}

static eddy::task<> answer(eddy::tcp_stream& peer, const request& r, const site& files) {
  if (r.method != "GET" && r.method != "HEAD") throw refusal{501, "Not Implemented"};
  const std::string path = decoded(r.path.substr(0, r.path.find('?')));
  if (path.empty() || path[0] != '/') throw refusal{400, "Bad Request"};
  eddy::file f = co_await files.open(path);
  const eddy::file_info about = co_await f.info();
  if (about.kind == eddy::file_kind::directory) {
    // Its links are relative to it.
    if (path.back() != '/') throw refusal{404, "Not Found"};
    co_await send_listing(peer, r, f, path);
  } else if (about.kind == eddy::file_kind::regular) {
    co_await send_file(peer, r, f, about, path);
  } else {
    throw refusal{403, "Forbidden"};
  }
}

// False when the connection is to end.
static eddy::task<bool> serve_one(eddy::tcp_stream& peer, const site& files) {
  request r;
  std::optional<refusal> refused;
  try {
    auto next = co_await eddy::with_timeout(30s, read_request(peer));
    if (!next) co_return false;
    r = std::move(*next);
    co_await answer(peer, r, files);
  } catch (const refusal& no) {
    refused = no;
  }
  if (refused) {
    if (r.method.empty()) r.keeps_open = false;
    co_await send_page(
        peer, r, refused->status, refused->reason,
        "<!doctype html><p>" + std::to_string(refused->status) + " " + refused->reason + "\n");
  }
  co_return r.keeps_open;
}

static eddy::task<> serve(eddy::tcp_stream peer, const site& files) try {
  peer.set_write_timeout(30s);
  while (co_await serve_one(peer, files)) {
  }
} catch (const eddy::exception&) {
  // Its connection broke, it took too long, or its request's head was too much.
} catch (const std::exception& e) {
  std::fprintf(stderr, "file_server: %s\n", e.what());
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 2, 2, [&] {
    const site files(argv[2]);
    eddy::loop loop;
    loop.run(serve_until_interrupted(
        port_of(argv[1]), [&](eddy::tcp_stream peer) { return serve(std::move(peer), files); }));
    return 0;
  });
}
