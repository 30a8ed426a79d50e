// eddy tour: the introduction live. Each server is a child process of this command.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "child_server.h"
#include "options.h"
#include "progress.h"
#include "system.h"
#include "tour_report.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) { interrupted = 1; }

std::vector<scene> scenes_of(bool quick) {
  if (quick) return {{"few", 8, 0, 1}, {"many", 64, 0, 1}, {"mostly idle", 8, 200, 1}};
  return {{"few", 8, 0, 1},
          {"many", 64, 0, 1},
          {"very many", 400, 0, 1},
          {"mostly idle", 8, 800, 1},
          {"16 lines under way", 64, 0, 16}};
}

measurement measure(const stage& s, int core, const scene& what, load_plan plan) {
  measurement m;
  m.what = what;
  m.possible = what.connections + what.idle <= s.most_connections;
  if (!m.possible) return m;
  const child_server running(s, core);
  plan.port = running.port();
  plan.pid = running.pid();
  plan.connections = what.connections;
  plan.idle = what.idle;
  plan.inflight = what.inflight;
  m.result = run_load(plan);
  return m;
}

// More connections than select() can watch: how many are refused, and in what words.
limit_report probe_select() {
  limit_report report;
  const stage select_stage{"select", "", "", "", "", "", "", 0};
  const child_server running(select_stage, -1);
  raise_descriptor_limit();
  std::vector<int> sockets;
  report.tried = 1100;
  for (long i = 0; i < report.tried; ++i) {
    const int fd = connect_by_deadline("127.0.0.1", running.port());
    if (fd < 0) break;
    sockets.push_back(fd);
  }
  report.tried = static_cast<long>(sockets.size());
  for (const int fd : sockets) {
    // Who is served hears nothing, and asks for nothing: a line ends the waiting.
    char answer[200];
    (void)::send(fd, "x\n", 2, MSG_NOSIGNAL);
    pollfd readable{fd, POLLIN, 0};
    (void)::poll(&readable, 1, 5000);
    const ssize_t got = ::recv(fd, answer, sizeof answer, 0);
    if (got > 2) {
      if (report.answer.empty()) report.answer.assign(answer, static_cast<std::size_t>(got) - 1);
      ++report.refused;
    }
    ::close(fd);
  }
  return report;
}

// Stages take turns, so that a machine that becomes slower for a while becomes so for all; what
// counts of each is the sample in the middle.
constexpr int rounds = 3;

// By processor time. Its errors are those of all.
measurement middle_of(std::vector<measurement>& samples) {
  std::sort(samples.begin(), samples.end(), [](const measurement& a, const measurement& b) {
    return a.result.server_us_per_line() < b.result.server_us_per_line();
  });
  measurement middle = samples[samples.size() / 2];
  middle.result.error_count = 0;
  middle.result.errors.clear();
  for (const measurement& m : samples) {
    middle.result.error_count += m.result.error_count;
    middle.result.errors.insert(middle.result.errors.end(), m.result.errors.begin(),
                                m.result.errors.end());
  }
  return middle;
}

tour_report take_tour(const load_plan& base, const std::string& text, bool quick,
                      progress_bar& bar) {
  tour_report report;
  report.seconds_each = base.seconds;
  bar.show(0, "the blocking client");
  report.client = measure_client(text);
  if (interrupted == 0) report.beyond_select = probe_select();
  int server_core = -1;
  if (const core_pair cores = two_cores(); cores.first != cores.last) {
    report.pinned = true;
    server_core = cores.first;
    keep_to_core(cores.last);
  }
  const std::vector<scene> scenes = scenes_of(quick);
  for (const stage& s : all_stages()) report.stages.push_back({s, {}});
  const double parts = static_cast<double>(report.stages.size() * scenes.size()) * rounds;
  double done = 0;
  for (const scene& what : scenes) {
    std::vector<std::vector<measurement>> samples(report.stages.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < report.stages.size(); ++i) {
        const stage& s = report.stages[i].what;
        load_plan plan = base;
        plan.interrupted = [] { return interrupted != 0; };
        plan.progress = [&](double part, long) {
          bar.show((done + part) / parts, what.name + (", " + s.name()));
        };
        samples[i].push_back(measure(s, server_core, what, plan));
        if (interrupted != 0) return report;
        done += 1;
      }
    }
    for (std::size_t i = 0; i < samples.size(); ++i)
      report.stages[i].measured.push_back(middle_of(samples[i]));
  }
  return report;
}

long errors_in(const tour_report& report) {
  long sum = report.client.right ? 0 : 1;
  if (sum != 0) std::fprintf(stderr, "eddy tour: the blocking client fetched something else\n");
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
    "  --text FILE  the text; part of the Jargon File unless given\n"
    "  --out FILE   the page; eddy-tour.html unless given\n";

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A file beside the one that is wanted, which takes its place when it is complete.
class page_file {
 public:
  explicit page_file(std::string path)
      : path_(std::move(path)), unfinished_(path_ + ".unfinished"), file_(unfinished_) {
    if (!file_)
      throw usage_error("cannot write " + path_ + ": " + std::strerror(errno) +
                        "; choose another --out");
  }
  ~page_file() { (void)std::remove(unfinished_.c_str()); }
  page_file(const page_file&) = delete;
  page_file& operator=(const page_file&) = delete;

  void finish(const std::string& page) {
    file_ << page;
    file_.close();
    if (!file_ || std::rename(unfinished_.c_str(), path_.c_str()) != 0)
      throw std::runtime_error("writing " + path_ + ": " + std::strerror(errno));
  }

 private:
  std::string path_, unfinished_;
  std::ofstream file_;
};

int walk(const std::string& text_file, const std::string& out, bool quick) {
  const std::string text = text_file.empty() ? own_text() : whole_file(text_file);
  load_plan plan;
  plan.text = text_file.empty() ? lines_of_text(text) : lines_of_file(text_file);
  plan.seconds = quick ? 0.1 : 0.5;
  page_file page(out);
  progress_bar bar;
  tour_report report;
  try {
    report = take_tour(plan, text, quick, bar);
  } catch (const std::exception&) {
    if (interrupted == 0) throw;  // else it was the signal that kept a server from starting
  }
  bar.clear();
  if (interrupted != 0) {
    std::fprintf(stderr, "eddy tour: stopped\n");
    return 130;
  }
  report.text_name = text_file.empty() ? own_text_name : text_file;
  report.text_lines = plan.text.size();
  print_table(report);
  page.finish(page_of(report));
  std::printf("\nThe page, with plots and explanations: %s\n", out.c_str());
  return errors_in(report) == 0 ? 0 : 1;
}

}  // namespace

int tour_command(const arguments& args) {
  bool quick = false;
  std::string text, out = "eddy-tour.html";
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
