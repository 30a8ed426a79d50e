// The tour's page: the introduction's missing chapter about performance, with this machine's
// figures.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tour_report.h"

namespace {

std::string number(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c;
  }
  return safe;
}

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
.plot { max-width: 40rem; }
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

// Bars, one a stage; shorter is better. Labels stand above their bars, so that it reads in a narrow
// window too.
std::string bars(const tour_report& report, std::size_t scene_index) {
  double most = 0;
  for (const stage_report& s : report.stages)
    if (s.measured[scene_index].possible)
      most = std::max(most, s.measured[scene_index].result.server_us_per_line());
  constexpr int row = 40, width = 480;
  const std::size_t height = report.stages.size() * row;
  std::string svg = "<svg viewBox=\"0 0 480 " + std::to_string(height) + "\" role=\"img\">\n";
  double y = 0;
  for (const stage_report& s : report.stages) {
    const measurement& m = s.measured[scene_index];
    const double value = m.possible ? m.result.server_us_per_line() : 0;
    const double length = most > 0 ? value / most * (width - 2) : 0;
    svg += "<text x=\"0\" y=\"" + number(y + 14, 0) + "\">" + escaped(s.what.name()) +
           "</text><text class=\"value\" text-anchor=\"end\" x=\"480\" y=\"" + number(y + 14, 0) +
           "\">" + (m.possible ? number(value, 2) + " \u00b5s" : "not possible") +
           "</text><rect x=\"0\" y=\"" + number(y + 20, 0) + "\" width=\"" + number(length, 1) +
           "\" height=\"11\" rx=\"2\"/>\n";
    y += row;
  }
  return svg + "</svg>\n";
}

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
      html += "<td>" + number(r.lines_per_second(), 0) + "</td><td>" +
              number(r.server_us_per_line(), 2) + "</td><td>" +
              number(static_cast<double>(r.latency.at(0.5)) * 1e-3, 0) + "</td><td>" +
              number(static_cast<double>(r.latency.at(0.99)) * 1e-3, 0) + "</td><td>" +
              std::to_string(r.server_resident_kib) + "</td></tr>\n";
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
         std::to_string(lines) + " lines of <code>" + escaped(report.text_path) +
         "</code>, and every answer was compared: " +
         (errors == 0 ? std::string("all were right") : std::to_string(errors) + " were wrong") +
         ".</p>\n<p>Each client sends its next line when an answer has come. What counts is the "
         "processor time that the <em>server</em> spends on a line: shorter bars are better. On a "
         "busy "
         "machine the figures move; compare stages, not digits.</p>\n"
         "<p "
         "class=\"chinese\" lang=\"zh\">"
         "每个客户端收到回答后才发送下一行；请比较各阶段服务器处理一行所用的处理器时间，越短越好。<"
         "/p>\n";
}

}  // namespace

std::string page_of(const tour_report& report) {
  std::string html = head + introduction_of(report);
  if (!report.stages.empty()) {
    const auto& scenes = report.stages[0].measured;
    for (std::size_t i = 0; i < scenes.size(); ++i)
      html += "<h2>Processor time per line: " + std::string(scenes[i].what.name) +
              " <span class=\"chinese\" lang=\"zh\">每行的处理器时间</span></h2>\n<p>" +
              std::to_string(scenes[i].what.connections) + " clients" +
              (scenes[i].what.idle > 0
                   ? ", and " + std::to_string(scenes[i].what.idle) + " more that say nothing"
                   : "") +
              ", " + std::to_string(scenes[i].what.inflight) +
              (scenes[i].what.inflight == 1 ? " line" : " lines") +
              " under way on each.</p>\n<div class=\"card plot\">" + bars(report, i) + "</div>\n";
  }
  for (const stage_report& s : report.stages)
    html += "<h2>" + escaped(s.what.name()) + ": " + s.what.title +
            " <span class=\"chinese\" lang=\"zh\">" + s.what.chinese + "</span></h2>\n<p>" +
            s.what.changed + "</p>\n<p>" + s.what.why + "</p>\n<p class=\"chinese\" lang=\"zh\">" +
            s.what.chinese_summary + "</p>\n" + table_of(s);
  return html + "</body></html>\n";
}
