#include "system.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace {

struct process_row {
  pid_t parent = 0;
  double own = 0;     // seconds
  double waited = 0;  // of its children that have ended
  long pages = 0;
};

// /proc/PID/stat: the name in parentheses may hold anything, so the fields count from behind it.
bool read_row(const std::filesystem::path& folder, process_row& row) {
  std::ifstream file(folder / "stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  long user = 0, system = 0, waited_user = 0, waited_system = 0;
  fields >> skipped >> row.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  fields >> user >> system >> waited_user >> waited_system;
  for (int i = 0; i < 6; ++i) fields >> skipped;
  fields >> row.pages;
  const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  row.own = static_cast<double>(user + system) * tick;
  row.waited = static_cast<double>(waited_user + waited_system) * tick;
  return static_cast<bool>(fields);
}

// What the scheduler has counted for each thread, in ns; the ticks of `stat` lose whatever a
// process did in less than one, which is all of it where many share the work. Negative where it is
// not told.
double scheduled_seconds(const std::filesystem::path& folder) {
  double sum = -1;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(folder / "task", ignored)) {
    double nanoseconds = 0;
    if (std::ifstream(task.path() / "schedstat") >> nanoseconds)
      sum = (sum < 0 ? 0 : sum) + nanoseconds * 1e-9;
  }
  return sum;
}

// The proportional set size; -1 where the system does not tell (smaps_rollup, Linux 4.14).
long shared_out_kib(const std::filesystem::path& folder) {
  std::ifstream file(folder / "smaps_rollup");
  std::string word;
  long kib = -1;
  while (file >> word)
    if (word == "Pss:") return file >> kib ? kib : -1;
  return -1;
}

bool descends(const std::map<pid_t, process_row>& rows, pid_t pid, pid_t from) {
  while (pid != from) {
    const auto row = rows.find(pid);
    if (row == rows.end() || row->second.parent == 0) return false;
    pid = row->second.parent;
  }
  return true;
}

}  // namespace

process_usage usage_of(pid_t pid) {
  std::map<pid_t, process_row> rows;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    process_row row;
    if (read_row(entry.path(), row)) rows[static_cast<pid_t>(std::stol(name))] = row;
  }
  process_usage usage;
  const long kib_per_page = ::sysconf(_SC_PAGESIZE) / 1024;
  for (const auto& [each, row] : rows) {
    if (!descends(rows, each, pid)) continue;
    usage.found = true;
    const double scheduled = scheduled_seconds("/proc/" + std::to_string(each));
    usage.cpu_seconds += (scheduled < 0 ? row.own : scheduled) + row.waited;
    const long shared_out = shared_out_kib("/proc/" + std::to_string(each));
    usage.memory_kib += shared_out >= 0 ? shared_out : row.pages * kib_per_page;
  }
  return usage;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}
