// Gets many pages at a time, so many and no more, and shows how they get on.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <set>

#include "common.h"
#include "http.h"

using namespace std::chrono_literals;

static const char usage[] =
    "usage: downloader [--at-once N] [--into DIRECTORY] [--timeout SECONDS] URL...\n"
    "Gets each URL, N (4) at a time, into a file of the last part of its name in DIRECTORY, or "
    "only\n"
    "counts its bytes. A server may be silent for 30 s, or so many SECONDS. One that fails does "
    "not\n"
    "stop the others. Up to 5 redirections are followed. Ends with 1 if any failed.\n";

struct options {
  unsigned at_once = 4;
  std::string directory;
  std::chrono::seconds timeout{30};
};

struct download {
  http::url from;
  std::string file;  // empty: none
  std::uint64_t got = 0;
  std::optional<std::uint64_t> size{};
  enum { waiting, running, done, failed } state = waiting;
  std::string why{};
};

// One line for each that runs, again and again in the same place of the terminal; where the output
// goes elsewhere, a line for each that has ended.
class board {
 public:
  explicit board(const std::deque<download>& all) : all_(all), live_(::isatty(1) == 1) {}

  void ended(const download& d) {
    clear();
    if (d.state == download::done)
      std::printf("ok      %s  %llu bytes\n", d.from.to_string().c_str(), count(d.got));
    else
      std::printf("failed  %s  %s\n", d.from.to_string().c_str(), d.why.c_str());
    std::fflush(stdout);
  }
  eddy::task<> show_now_and_then() {
    for (eddy::interval every(100ms); live_; co_await every.next()) {
      clear();
      for (const download& d : all_)
        if (d.state == download::running) show(d);
      std::fflush(stdout);
    }
  }
  void clear() {
    for (; lines_ > 0; --lines_) std::printf("\033[A\033[2K");
  }

 private:
  static unsigned long long count(std::uint64_t n) { return n; }
  void show(const download& d) {
    if (d.size && *d.size > 0)
      std::printf("%3llu %%  ", count(d.got / (*d.size / 100 + 1)));
    else
      std::printf("       ");
    std::printf("%12llu  %.50s\n", count(d.got), d.from.to_string().c_str());
    ++lines_;
  }
  const std::deque<download>& all_;
  bool live_;
  int lines_ = 0;
};

static eddy::stream open_file(const std::string& name) {
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + name);
  return eddy::stream(fd);
}

static eddy::task<> fetch(download& d, std::chrono::seconds patience) {
  http::answer a = co_await http::get(d.from, patience, 5);
  if (a.status != 200) throw http::failure(a.status_line());
  d.size = a.size;
  const std::string part = d.file + ".part";  // nobody takes it for the whole
  eddy::stream to = open_file(d.file.empty() ? "/dev/null" : part);
  char bytes[32 * 1024];
  while (const std::size_t n = co_await a.read(bytes)) {
    co_await to.write({bytes, n});
    d.got += n;
  }
  co_await to.flush();
  if (!d.file.empty() && std::rename(part.c_str(), d.file.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot name " + d.file);
}

static eddy::task<> fetch_and_tell(download& d, const options& o, board& b,
                                   eddy::semaphore& places) {
  const auto place = co_await places.enter();
  d.state = download::running;
  try {
    co_await fetch(d, o.timeout);
    d.state = download::done;
  } catch (const std::exception& e) {
    d.state = download::failed;
    d.why = e.what();
    if (!d.file.empty()) (void)::unlink((d.file + ".part").c_str());
  }
  b.ended(d);
}

static eddy::task<> fetch_all(std::deque<download>& all, const options& o) {
  board b(all);
  eddy::semaphore places(o.at_once);
  co_await eddy::with_scope([&](eddy::scope& beside) -> eddy::task<> {
    beside.spawn(b.show_now_and_then());
    co_await eddy::with_scope([&](eddy::scope& downloads) -> eddy::task<> {
      for (download& d : all) downloads.spawn(fetch_and_tell(d, o, b, places));
      co_return;
    });
    beside.cancel();
  });
}

// The last part of the path: it must lead nowhere else.
static std::string file_name(const http::url& u) {
  std::string name = u.path.substr(0, u.path.find('?'));
  name = name.substr(name.rfind('/') + 1);
  return name.empty() || name == "." || name == ".." ? "index.html" : name;
}

static unsigned number_of(const char* text, unsigned most) {
  const auto n = http::number(text);
  if (!n || *n == 0 || *n > most)
    throw http::failure("\"" + std::string(text) + "\" is no number from 1 to " +
                        std::to_string(most));
  return static_cast<unsigned>(*n);
}

static std::deque<download> read_arguments(int argc, char** argv, options& o) {
  std::deque<download> all;
  std::set<std::string> names;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--at-once" && has_value)
      o.at_once = number_of(argv[++i], 1000);
    else if (word == "--timeout" && has_value)
      o.timeout = std::chrono::seconds(number_of(argv[++i], 86400));
    else if (word == "--into" && has_value)
      o.directory = argv[++i];
    else
      all.push_back({.from = http::url::parse(word), .file = {}});
  }
  for (download& d : all) {
    if (o.directory.empty()) continue;
    d.file = o.directory + "/" + file_name(d.from);
    if (!names.insert(d.file).second) throw http::failure("two would be written to " + d.file);
  }
  return all;
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 1, 10'000, [&] {
    options o;
    std::deque<download> all = read_arguments(argc, argv, o);
    if (all.empty()) throw http::failure("a URL is missing; see --help");
    eddy::loop loop;
    loop.run(fetch_all(all, o));
    for (const download& d : all)
      if (d.state != download::done) return 1;
    return 0;
  });
}
