// eddy get: what a URL names, by the coroutine face.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "cpp/http.h"
#include "options.h"
#include "progress.h"

namespace {

struct wish {
  http::url from;
  std::string output;  // empty: the standard output
  bool head = false;
  long follow = 0;
  long timeout = 30;  // s
};

// What is smaller has come before anybody would look.
constexpr std::uint64_t worth_showing = 1 << 20;

[[noreturn]] void refuse_file(const std::string& name) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + name);
}

unsigned umask_of_process() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

// A file gets its name when it is whole, so that half of one is never taken for it; until then it
// has one that nobody can foresee. What is no file (a pipe, a device) is written into. Links are
// followed.
class destination {
 public:
  explicit destination(const std::string& name) {
    if (name.empty() || name == "-") {
      stream = eddy::standard_output();
      return;
    }
    struct stat old {};
    const bool exists = ::stat(name.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
      const int fd = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0) refuse_file(name);
      stream = eddy::stream(fd);
      return;
    }
    make_part(name);
    const mode_t mode = exists ? old.st_mode & 07777 : 0666 & ~umask_of_process();
    if (::fchmod(stream.native_handle(), mode) != 0) refuse_file(name_);
  }
  destination(const destination&) = delete;
  destination& operator=(const destination&) = delete;
  ~destination() {
    if (!part_.empty()) (void)::unlink(part_.c_str());
  }
  void is_whole() {
    if (part_.empty()) return;
    if (std::rename(part_.c_str(), name_.c_str()) != 0) refuse_file(name_);
    part_.clear();
  }

  eddy::stream stream;

 private:
  void make_part(const std::string& name) {
    char* real = ::realpath(name.c_str(), nullptr);
    name_ = real != nullptr ? real : name;
    std::free(real);
    std::string part = name_ + ".XXXXXX";
    const int fd = ::mkostemp(part.data(), O_CLOEXEC);
    if (fd < 0) refuse_file(name_);
    part_ = std::move(part);
    stream = eddy::stream(fd);
  }

  std::string name_, part_;
};

class shown_progress {
 public:
  explicit shown_progress(const wish& w, std::optional<std::uint64_t> size)
      // On a terminal that shows the page there is no place for a bar.
      : bar_(::isatty(2) == 1 && (!w.output.empty() || ::isatty(1) == 0) && size &&
             *size >= worth_showing),
        size_(size.value_or(0)),
        name_(w.output.empty() ? w.from.to_string() : w.output) {}
  void add(std::size_t bytes) {
    got_ += bytes;
    const unsigned now = size_ == 0 ? 0 : static_cast<unsigned>(got_ * 1000 / size_);
    if (now == shown_) return;
    shown_ = now;
    bar_.show(now / 1000.0, name_);
  }

 private:
  progress_bar bar_;
  std::uint64_t size_, got_ = 0;
  std::string name_;
  unsigned shown_ = 0;
};

// The exit status.
eddy::task<int> fetch(const wish& w) {
  const auto tell = [](const http::url& to) {
    std::fprintf(stderr, "eddy get: redirected to %s\n", to.to_string().c_str());
  };
  http::answer a = co_await http::get(w.from, std::chrono::seconds(w.timeout),
                                      static_cast<unsigned>(w.follow), tell);
  const auto elsewhere = a.redirects_to();
  const bool good = a.status < 300;
  // A page that says why there is none is no file.
  destination to(good ? w.output : "");
  if (w.head) co_await to.stream.write(a.head);
  {
    shown_progress progress(w, a.size);
    static char bytes[64 * 1024];
    while (const std::size_t got = co_await a.read(bytes)) {
      co_await to.stream.write({bytes, got});
      progress.add(got);
    }
    co_await to.stream.flush();
  }
  to.is_whole();
  if (good) co_return 0;
  if (elsewhere)
    std::fprintf(stderr, "eddy get: it is redirected to %s; --follow N goes there\n",
                 http::printable(*elsewhere).c_str());
  else
    std::fprintf(stderr, "eddy get: the server answered %s\n", a.status_line().c_str());
  co_return 1;
}

void help() {
  std::printf(
      "usage: eddy get [-i] [--output FILE] [--follow N] [--timeout S] URL\n\n"
      "Prints what http://HOST[:PORT][/PATH] names. Its host is looked up, and whichever of its\n"
      "addresses answers first is asked. TLS (https://) is not spoken.\n\n"
      "  -i             the head of the answer, too\n"
      "  --output FILE  into FILE, which is there only when all of it has come; a pipe or a "
      "device\n"
      "                 is written into; -: the standard output\n"
      "  --follow N     goes where it is redirected to, up to N times (0); each is told\n"
      "  --timeout S    how many seconds the server may be silent (30)\n\n"
      "Ends with 0 when the page came, with 1 when the server had none (what it said instead is\n"
      "printed), was silent, or broke off.\n");
}

}  // namespace

int get_command(const arguments& args) {
  wish w;
  arguments urls;
  option_reader options;
  options.words(urls);
  options.flag("-i", w.head);
  options.value("--output", w.output);
  options.number("--follow", w.follow, 0, 100);
  options.number("--timeout", w.timeout, 1, 86400);
  if (!options.read(args)) return help(), 0;
  if (urls.size() != 1) throw usage_error("one URL is needed; see --help");
  try {
    w.from = http::url::parse(urls.front());
  } catch (const http::failure& e) {
    throw usage_error(e.what());
  }
  eddy::loop loop;
  return loop.run(fetch(w));
}
