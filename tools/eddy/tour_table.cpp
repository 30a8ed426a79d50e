// The tour's closing table.
#include <cstdio>

#include "tour_report.h"

void print_table(const tour_report& report) {
  const client_report& c = report.client;
  std::printf(
      "blocking client    %zu bytes in %.1f ms, %s; %d answers from a slow server: %.0f ms, "
      "%.1f ms of them on the processor\n",
      c.bytes, c.seconds * 1e3, c.right ? "all right" : "WRONG", client_report::slow_answers,
      c.slow_seconds * 1e3, c.slow_cpu_seconds * 1e3);
  const limit_report& limit = report.beyond_select;
  std::printf("select's limit     %ld of %ld clients at once refused%s%s\n\n", limit.refused,
              limit.tried, limit.answer.empty() ? "" : ": ", limit.answer.c_str());
  std::printf("%-18s %-19s %11s %12s %10s %10s %10s\n", "stage", "clients", "lines/s",
              "CPU us/line", "p50 us", "p99 us", "memory KiB");
  for (const stage_report& s : report.stages) {
    for (const measurement& m : s.measured) {
      std::printf("%-18s %-19s ", s.what.name().c_str(), m.what.name);
      if (!m.possible) {
        std::printf("%11s  (the method serves %ld at most)\n", "-", s.what.most_connections);
        continue;
      }
      const load_result& r = m.result;
      std::printf("%11.0f %12.2f %10.0f %10.0f %10ld%s\n", r.lines_per_second(),
                  r.server_us_per_line(), static_cast<double>(r.latency.at(0.5)) * 1e-3,
                  static_cast<double>(r.latency.at(0.99)) * 1e-3, r.server_memory_kib,
                  r.error_count == 0 ? "" : "  with errors");
    }
  }
}
