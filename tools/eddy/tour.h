// The tour: the introduction's servers, one after the other, each measured on this machine.
//
// tour.cpp goes from stage to stage; tour_stages.cpp says what they are; tour_server.cpp runs one as
// a child process; tour_table.cpp and report.cpp show what came out.
#pragma once

#include <string>
#include <vector>

#include "load.h"

namespace tour {

// A server, and what there is to say about it.
struct stage {
  std::string key;      // "fork", "event-epoll"
  std::string name;     // for tables and plots
  std::string style;    // of `eddy serve`
  std::string backend;  // of the style event
  const char* title = "";
  const char* chinese_title = "";
  const char* what = "";  // paragraphs, in HTML: what it does, and what changed
  const char* cost = "";  // what limits it
};

// The stages that this system can run, in the introduction's order, and why others are left out.
std::vector<stage> all_stages(std::vector<std::string>& left_out);

// How many clients, of which kind.
struct crowd {
  const char* key;
  const char* name;
  long active;
  long idle;
};
constexpr crowd crowds[] = {
    {"8", "8 clients", 8, 0},
    {"64", "64 clients", 64, 0},
    {"400", "400 clients", 400, 0},
    {"idle", "8 clients, 800 idle", 8, 800},
};
constexpr std::size_t crowd_count = sizeof crowds / sizeof crowds[0];
enum : std::size_t { few, some, many, mostly_idle };

struct measurement {
  bool done = false;
  std::string problem;  // why there are no figures, or what was wrong with them
  load_result load;
};

struct stage_result {
  stage of;
  measurement with[crowd_count];
  double idle_share = -1;  // of a processor, while 8 clients are connected and silent; -1: unknown
  long served = -1;        // of `asked` clients at once, how many got their answer
  long asked = 0;
};

// A program that waits: pages fetched one after the other by blocking calls.
struct blocking_result {
  long pages = 0;
  double seconds = 0;
  double thinking_seconds = 0;  // that the server took for each page
  double cpu_seconds = 0;       // that the client took for all
  std::string problem;
};

struct result {
  std::string system, text_name, date;
  std::size_t text_lines = 0, text_bytes = 0;
  bool quick = false, pinned = false, complete = false;
  blocking_result blocking;
  std::vector<stage_result> stages;
  std::vector<std::string> left_out;
  long wrong() const;  // answers and connections that were not as they should be
};

blocking_result fetch_pages(long pages);
void print_table(const result& all);
// Throws std::runtime_error when the file cannot be written.
void write_report(const result& all, const std::string& path);

// The text that comes with eddy.
std::vector<std::string> own_text();

}  // namespace tour
