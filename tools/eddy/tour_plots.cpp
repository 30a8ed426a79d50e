// The page's plots: bars, one a stage, drawn by hand.
#include <algorithm>
#include <cstdio>

#include "tour_page.h"

std::string in_digits(double value, int digits) {
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

namespace {

struct metric {
  const char* title;
  const char* chinese;
  const char* unit;
  const char* better;  // which bars are
  int digits;
  double (*of)(const load_result&);
};

double us(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-3; }

const metric metrics[] = {
    {"Processor time of the server per line", "服务器每行的处理器时间", "µs", "shorter", 2,
     [](const load_result& r) { return r.server_us_per_line(); }},
    {"Lines per second", "每秒行数", "", "longer", 0,
     [](const load_result& r) { return r.lines_per_second(); }},
    {"Latency, 99 of 100 answers within", "延迟（第99百分位）", "µs", "shorter", 0,
     [](const load_result& r) { return us(r.latency.at(0.99)); }},
    {"Memory of the server", "服务器的内存", "KiB", "shorter", 0,
     [](const load_result& r) { return static_cast<double>(r.server_memory_kib); }},
};

// Labels stand above their bars, so that it reads in a narrow window too.
std::string bars(const tour_report& report, std::size_t scene_index, const metric& shown) {
  double most = 0;
  for (const stage_report& s : report.stages)
    if (s.measured[scene_index].possible)
      most = std::max(most, shown.of(s.measured[scene_index].result));
  constexpr int row = 40, width = 480;
  const std::size_t height = report.stages.size() * row;
  std::string svg = "<svg viewBox=\"0 0 480 " + std::to_string(height) + "\" role=\"img\">\n";
  double y = 0;
  for (const stage_report& s : report.stages) {
    const measurement& m = s.measured[scene_index];
    const double value = m.possible ? shown.of(m.result) : 0;
    const double length = most > 0 ? value / most * (width - 2) : 0;
    svg += "<text x=\"0\" y=\"" + in_digits(y + 14, 0) + "\">" + escaped(s.what.name()) +
           "</text><text class=\"value\" text-anchor=\"end\" x=\"480\" y=\"" +
           in_digits(y + 14, 0) + "\">" +
           (m.possible ? in_digits(value, shown.digits) + " " + shown.unit : "not possible") +
           "</text><rect x=\"0\" y=\"" + in_digits(y + 20, 0) + "\" width=\"" +
           in_digits(length, 1) + "\" height=\"11\" rx=\"2\"/>\n";
    y += row;
  }
  return svg + "</svg>\n";
}

}  // namespace

std::string plots_of(const tour_report& report, std::size_t scene_index) {
  std::string html = "<div class=\"plots\">\n";
  for (const metric& shown : metrics)
    html += "<figure class=\"card\"><figcaption>" + std::string(shown.title) +
            " <span class=\"chinese\" lang=\"zh\">" + shown.chinese + "</span><br><small>" +
            shown.better + " is better</small></figcaption>" + bars(report, scene_index, shown) +
            "</figure>\n";
  return html + "</div>\n";
}
