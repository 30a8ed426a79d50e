// The tour's closing table.
#include <cstdio>

#include "tour_report.h"

void print_table(const tour_report& report) {
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
                  static_cast<double>(r.latency.at(0.99)) * 1e-3, r.server_resident_kib,
                  r.error_count == 0 ? "" : "  with errors");
    }
  }
}
