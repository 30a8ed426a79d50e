// The tour's page: the introduction's missing chapter about performance, with this machine's
// figures.
#include <sys/utsname.h>
#include <unistd.h>

#include "tour_page.h"

namespace {

constexpr const char* head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>eddy tour: the introduction, live</title>
<style>
:root { --ink: #1d2733; --soft: #5b6b7b; --page: #ffffff; --card: #f3f6f9; --bar: #2f7fd1; --line: #d5dde5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #9fb0c0; --page: #12181f; --card: #1c252f; --bar: #4f9fe8; --line: #33404d; } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
.chinese { color: var(--soft); font-weight: normal; }
.card { background: var(--card); border-radius: .6rem; padding: .4rem 1rem; margin: 1rem 0; overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
.plots .card { margin: 0; } figcaption { padding: .3rem 0 .5rem; } small { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg rect { fill: var(--bar); }
svg .value { fill: var(--soft); }
@media (max-width: 36rem) {
  svg text { font-size: 17px; }
  table { font-size: .75rem; } th, td { padding: .2rem .22rem; white-space: normal; }
  .card { padding: .4rem .5rem; } }
</style></head><body>
)";

std::string table_of(const stage_report& s) {
  std::string html =
      "<div class=\"card\"><table><tr><th>clients</th><th>lines/s</th><th>CPU \u00b5s/line</th>"
      "<th>p50 \u00b5s</th><th>p99 \u00b5s</th><th>memory KiB</th></tr>\n";
  for (const measurement& m : s.measured) {
    const load_result& r = m.result;
    html += "<tr><td>" + std::string(m.what.name) + ": " + std::to_string(m.what.connections) +
            (m.what.idle > 0 ? " + " + std::to_string(m.what.idle) + " idle" : "") + "</td>";
    if (!m.possible)
      html += "<td colspan=\"5\">more than the method serves (" +
              std::to_string(s.what.most_connections) + ")</td></tr>\n";
    else
      html += "<td>" + in_digits(r.lines_per_second(), 0) + "</td><td>" +
              in_digits(r.server_us_per_line(), 2) + "</td><td>" +
              in_digits(static_cast<double>(r.latency.at(0.5)) * 1e-3, 0) + "</td><td>" +
              in_digits(static_cast<double>(r.latency.at(0.99)) * 1e-3, 0) + "</td><td>" +
              std::to_string(r.server_memory_kib) + "</td></tr>\n";
  }
  return html + "</table></div>\n";
}

std::string introduction_of(const tour_report& report) {
  utsname system{};
  ::uname(&system);
  long lines = 0, errors = 0;
  for (const stage_report& s : report.stages)
    for (const measurement& m : s.measured) {
      lines += m.result.lines;
      errors += m.result.error_count;
    }
  return "<h1>The introduction, live <span class=\"chinese\" "
         "lang=\"zh\">异步IO简介：性能</span></h1>\n"
         "<p>The introduction to asynchronous I/O builds one ROT13 server again and again, and "
         "leaves "
         "its chapter about performance open. This page is that chapter, measured on this machine "
         "(" +
         escaped(system.sysname) + " " + escaped(system.release) + ", " +
         std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) +
         " processors): " + std::to_string(report.stages.size()) + " servers were sent " +
         std::to_string(lines) + " lines of " + escaped(report.text_name) +
         ", and every answer was compared: " +
         (errors == 0 ? std::string("all were right") : std::to_string(errors) + " were wrong") +
         ".</p>\n<p>Each client sends its next line when an answer has come. What counts most is "
         "the "
         "processor time that the <em>server</em> spends on a line. " +
         (report.pinned ? "Server and clients have a processor each. "
                        : "Server and clients share one processor here, which blurs it. ") +
         "Each figure is the middle one of three, for which the stages took turns; on a busy "
         "machine "
         "they still move: compare stages, not digits.</p>\n" +
         "<p "
         "class=\"chinese\" lang=\"zh\">"
         "每个客户端收到回答后才发送下一行；请比较各阶段服务器处理一行所用的处理器时间，越短越好。<"
         "/p>\n";
}

std::string client_section(const client_report& c) {
  const double waited = c.slow_seconds > 0 ? 100 * (1 - c.slow_cpu_seconds / c.slow_seconds) : 0;
  return "<h2>The blocking client <span class=\"chinese\" lang=\"zh\">阻塞的客户端</span></h2>\n"
         "<p>The introduction's first program asks a server for a page and prints it. Each call, "
         "connect(), send(), recv(), returns when the system is done. It fetched the " +
         std::to_string(c.bytes) + " bytes of the text in " + in_digits(c.seconds * 1e3, 1) +
         " ms, " + (c.right ? "byte for byte" : "but not byte for byte") +
         ". Nothing is wrong with that, for one connection.</p>\n<p>Then it fetched them " +
         std::to_string(client_report::slow_answers) + " times from a server that thinks for " +
         in_digits(client_report::pause * 1e3, 0) +
         " ms before each answer: " + in_digits(c.slow_seconds * 1e3, 0) +
         " ms, of which it used the processor for " + in_digits(c.slow_cpu_seconds * 1e3, 1) +
         " ms. For " + in_digits(waited, 0) +
         " % of the time it slept in recv() and could do nothing else, not even ask the next "
         "server. That is what the rest of the introduction is about.</p>\n"
         "<p class=\"chinese\" "
         "lang=\"zh\">阻塞的程序最简单，但等待一个服务器时什么也做不了。</p>\n";
}

// What the servers had to be told in so many words: select() has an end.
std::string limit_section(const limit_report& limit) {
  if (limit.refused == 0) return "";
  return "<p>Of " + std::to_string(limit.tried) + " clients that connected at once, " +
         std::to_string(limit.refused) + " were answered <q>" + escaped(limit.answer) +
         "</q> and sent away.</p>\n";
}

}  // namespace

std::string page_of(const tour_report& report) {
  std::string html = head + introduction_of(report) + client_section(report.client);
  for (const stage_report& s : report.stages)
    html += "<h2>" + escaped(s.what.name()) + ": " + s.what.title +
            " <span class=\"chinese\" lang=\"zh\">" + s.what.chinese + "</span></h2>\n<p>" +
            s.what.changed + "</p>\n<p>" + s.what.why + "</p>\n" +
            (s.what.name() == "select" ? limit_section(report.beyond_select) : "") +
            "<p class=\"chinese\" lang=\"zh\">" + s.what.chinese_summary + "</p>\n" + table_of(s);
  if (report.stages.empty()) return html + "</body></html>\n";
  const auto& scenes = report.stages[0].measured;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const scene& what = scenes[i].what;
    html += "<h2>Side by side: " + std::string(what.name) +
            " <span class=\"chinese\" lang=\"zh\">并排比较</span></h2>\n<p>" +
            std::to_string(what.connections) + " clients" +
            (what.idle > 0 ? ", and " + std::to_string(what.idle) + " more that say nothing" : "") +
            ", " + std::to_string(what.inflight) + (what.inflight == 1 ? " line" : " lines") +
            " under way on each.</p>\n" + plots_of(report, i);
  }
  return html + "</body></html>\n";
}
