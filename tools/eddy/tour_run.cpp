// eddy tour: the introduction live. Each server is a child process of this command.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "options.h"
#include "progress.h"
#include "tour_report.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) { interrupted = 1; }

// A server that runs until the end of the block.
class server {
 public:
  explicit server(const stage& s) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (pid_ == 0) become(s, ends);
    ::close(ends[1]);
    port_ = read_port(ends[0]);
    ::close(ends[0]);
    if (!port_.empty()) return;
    stop();
    throw std::runtime_error("the server of stage \"" + s.name() + "\" did not start");
  }
  ~server() { stop(); }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& port() const { return port_; }

 private:
  // In the child: this very command, as `eddy serve`, in a group of its own, so that the fork
  // server's children can be told to end as well.
  [[noreturn]] static void become(const stage& s, int ends[2]) {
    ::setpgid(0, 0);
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    ::close(ends[1]);
    arguments words{"eddy", "serve", "--style", s.style, "--port", "0", "--bind", "127.0.0.1"};
    if (!s.backend.empty()) words.insert(words.end(), {"--backend", s.backend});
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }

  static std::string read_port(int fd) {
    std::string said;
    char byte = 0;
    for (;;) {
      const ssize_t got = ::read(fd, &byte, 1);
      if (got < 0 && errno == EINTR && interrupted == 0) continue;
      if (got != 1 || byte == '\n') break;
      said += byte;
    }
    const std::size_t at = said.rfind(' ');
    return said.compare(0, 12, "listening on") == 0 ? said.substr(at + 1) : "";
  }

  void stop() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGTERM);
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  pid_t pid_ = -1;
  std::string port_;
};

std::vector<scene> scenes_of(bool quick) {
  if (quick) return {{"few", 8, 0, 1}, {"many", 64, 0, 1}, {"mostly idle", 8, 200, 1}};
  return {{"few", 8, 0, 1},
          {"many", 64, 0, 1},
          {"very many", 400, 0, 1},
          {"mostly idle", 8, 800, 1},
          {"16 lines under way", 64, 0, 16}};
}

measurement measure(const stage& s, const scene& what, load_plan plan) {
  measurement m;
  m.what = what;
  m.possible = what.connections + what.idle <= s.most_connections;
  if (!m.possible) return m;
  const server running(s);
  plan.port = running.port();
  plan.pid = running.pid();
  plan.connections = what.connections;
  plan.idle = what.idle;
  plan.inflight = what.inflight;
  m.result = run_load(plan);
  return m;
}

tour_report take_tour(const load_plan& base, bool quick, progress_bar& bar) {
  tour_report report;
  report.seconds_each = base.seconds;
  const std::vector<stage> stages = all_stages();
  const std::vector<scene> scenes = scenes_of(quick);
  const double parts = static_cast<double>(stages.size() * scenes.size());
  double done = 0;
  for (const stage& s : stages) {
    stage_report of_stage{s, {}};
    for (const scene& what : scenes) {
      load_plan plan = base;
      plan.interrupted = [] { return interrupted != 0; };
      plan.progress = [&](double part, long) {
        bar.show((done + part) / parts, s.name() + ", " + what.name);
      };
      try {
        of_stage.measured.push_back(measure(s, what, plan));
      } catch (const std::exception&) {
        if (interrupted == 0) throw;  // else it was the signal that kept a server from starting
      }
      if (interrupted != 0) return report;
      done += 1;
    }
    report.stages.push_back(std::move(of_stage));
  }
  return report;
}

long errors_in(const tour_report& report) {
  long sum = 0;
  for (const stage_report& s : report.stages)
    for (const measurement& m : s.measured) {
      sum += m.result.error_count;
      for (const std::string& error : m.result.errors)
        std::fprintf(stderr, "eddy tour: %s, %s: %s\n", s.what.name().c_str(), m.what.name,
                     error.c_str());
    }
  return sum;
}

constexpr const char* help_text =
    "usage: eddy tour [--quick] [--text FILE] [--out FILE]\n\n"
    "The introduction to asynchronous I/O, live: each of its servers is started on loopback, is "
    "sent a\n"
    "real text line by line by few, many and mostly idle clients, and every answer is checked. "
    "Ends\n"
    "with a table and a page that explains what each stage changed, and why it is faster.\n\n"
    "  --quick      about 10 seconds instead of a minute\n"
    "  --text FILE  the text; a licence that is on every Debian unless given\n"
    "  --out FILE   the page; eddy-tour.html unless given\n";

int walk(const std::string& text, const std::string& out, bool quick) {
  load_plan plan;
  plan.text = lines_of_file(text);
  plan.seconds = quick ? 0.3 : 1.2;
  std::ofstream page(out, std::ios::binary);
  if (!page)
    throw usage_error("cannot write " + out + ": " + std::strerror(errno) +
                      "; choose another --out");
  progress_bar bar;
  tour_report report = take_tour(plan, quick, bar);
  bar.clear();
  if (interrupted != 0) {
    std::fprintf(stderr, "eddy tour: stopped\n");
    return 130;
  }
  report.text_path = text;
  report.text_lines = plan.text.size();
  print_table(report);
  page << page_of(report);
  page.close();
  if (!page) throw std::runtime_error("writing " + out + ": " + std::strerror(errno));
  std::printf("\nThe page, with plots and explanations: %s\n", out.c_str());
  return errors_in(report) == 0 ? 0 : 1;
}

}  // namespace

int tour_command(const arguments& args) {
  bool quick = false;
  std::string text = "/usr/share/common-licenses/GPL-3", out = "eddy-tour.html";
  option_reader options;
  options.flag("--quick", quick);
  options.value("--text", text);
  options.value("--out", out);
  if (!options.read(args)) {
    std::fputs(help_text, stdout);
    return 0;
  }
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return walk(text, out, quick);
}
