// eddy load: the command line, and what it prints.
#include "load.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "json.h"
#include "options.h"
#include "progress.h"
#include "system.h"

namespace {

constexpr const char* help_text =
    "usage: eddy load [OPTIONS]\n\n"
    "Many clients of a ROT13 server, each of which sends a line when an answer has come. Every "
    "answer\n"
    "is compared, byte for byte; the status is 1 when one was wrong or did not come.\n\n"
    "  --host H         127.0.0.1\n"
    "  --port P         40713\n"
    "  --connections N  8\n"
    "  --idle N         0      more connections, which say nothing\n"
    "  --inflight K     1      lines under way on each connection\n"
    "  --line-length L  64     bytes, of which the last ends the line\n"
    "  --text FILE             sends the lines of FILE instead, again and again\n"
    "  --seconds S      3\n"
    "  --lines N        0      stops after so many; 0: only by the time\n"
    "  --pid PID               counts the processor time of this server and all that descend from "
    "it\n"
    "  --json                  prints one JSON object\n"
    "  --progress              a progress bar although standard error is no terminal\n";

double us(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-3; }

void print_json(const load_plan& plan, const load_result& r) {
  std::printf(
      "{\"connections\": %ld, \"idle\": %ld, \"inflight\": %ld, \"line_length\": %zu, \"lines\": "
      "%ld, "
      "\"seconds\": %.3f, \"lines_per_second\": %.1f, \"p50_us\": %.1f, \"p90_us\": %.1f, "
      "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, \"client_backend\": \"%s\", "
      "\"client_cpu_us_per_line\": %.3f",
      plan.connections, plan.idle, plan.inflight, plan.text[0].size(), r.lines, r.seconds,
      r.lines_per_second(), us(r.latency.at(0.5)), us(r.latency.at(0.9)), us(r.latency.at(0.99)),
      us(r.latency.at(0.999)), us(r.latency.most()), r.backend.c_str(), r.client_us_per_line());
  if (plan.pid != 0)
    std::printf(", \"cpu_us_per_line\": %.3f, \"memory_kib\": %ld", r.server_us_per_line(),
                r.server_memory_kib);
  std::printf(", \"errors\": %ld, \"error_texts\": [", r.error_count);
  for (std::size_t i = 0; i < r.errors.size(); ++i)
    std::printf("%s%s", i == 0 ? "" : ", ", json_string(r.errors[i]).c_str());
  std::printf("]}\n");
}

void print_text(const load_plan& plan, const load_result& r) {
  std::printf("%ld lines in %.2f s over %ld connections: %.0f lines/s, all answers %s\n", r.lines,
              r.seconds, plan.connections, r.lines_per_second(),
              r.error_count == 0 ? "right" : "but those below right");
  std::printf("latency: p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n",
              us(r.latency.at(0.5)), us(r.latency.at(0.9)), us(r.latency.at(0.99)),
              us(r.latency.at(0.999)), us(r.latency.most()));
  std::printf("client:  %.2f us of processor time per line (on %s)\n", r.client_us_per_line(),
              r.backend.c_str());
  if (plan.pid != 0)
    std::printf("server:  %.2f us of processor time per line, %ld KiB of memory\n",
                r.server_us_per_line(), r.server_memory_kib);
}

}  // namespace

int load_command(const arguments& args) {
  load_plan plan;
  long line_length = 64, seconds = 3, pid = 0;
  std::string file;
  bool json = false, show = false;
  option_reader options;
  options.value("--host", plan.host);
  options.value("--port", plan.port);
  options.number("--connections", plan.connections, 1, 15000);
  options.number("--idle", plan.idle, 0, 15000);
  options.number("--inflight", plan.inflight, 1, 10000);
  options.number("--line-length", line_length, 1, 16384);
  options.number("--seconds", seconds, 1, 3600);
  options.number("--lines", plan.lines, 0, 1'000'000'000);
  options.number("--pid", pid, 1, 1 << 30);
  options.value("--text", file);
  options.flag("--json", json);
  options.flag("--progress", show);
  if (!options.read(args)) {
    std::fputs(help_text, stdout);
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  plan.seconds = static_cast<double>(seconds);
  plan.pid = static_cast<pid_t>(pid);
  if (pid != 0 && !usage_of(plan.pid).found)
    throw usage_error("--pid: there is no process " + std::to_string(pid));
  plan.text = file.empty() ? generated_lines(line_length) : lines_of_file(file);
  progress_bar bar(show || ::isatty(2) != 0);
  plan.progress = [&bar](double part, long lines) {
    bar.show(part, std::to_string(lines) + " lines");
  };
  const load_result result = run_load(plan);
  bar.clear();
  json ? print_json(plan, result) : print_text(plan, result);
  for (const std::string& error : result.errors)
    std::fprintf(stderr, "eddy load: %s\n", error.c_str());
  return result.error_count == 0 ? 0 : 1;
}
