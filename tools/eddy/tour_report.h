// The tour: which stages there are, what was measured, and the page.
#pragma once

#include <string>
#include <vector>

#include "load.h"

struct stage {
  const char* style;    // of eddy serve
  std::string backend;  // of style event
  const char* title;
  const char* chinese;          // the title, for readers of Chinese
  const char* changed;          // what changed from the stage before
  const char* why;              // and what that does to its speed
  const char* chinese_summary;  // both, in a sentence
  long most_connections;        // what the method can do

  std::string name() const { return backend.empty() ? style : style + (" on " + backend); }
};

// The introduction's servers, in its order; the last one on each backend of this machine.
std::vector<stage> all_stages();

struct scene {
  const char* name;
  long connections;
  long idle;
  long inflight;
};

struct measurement {
  scene what;
  bool possible = true;  // the method can serve so many
  load_result result;
};

struct stage_report {
  stage what;
  std::vector<measurement> measured;  // by scene
};

// The introduction's first program fetches the text by HTTP.
struct client_report {
  static constexpr int slow_answers = 4;  // then from a server that pauses so long before each
  static constexpr double pause = 0.05;   // of its answers, in seconds
  bool right = false;                     // byte for byte
  std::size_t bytes = 0;
  double seconds = 0;
  double slow_seconds = 0;
  double slow_cpu_seconds = 0;  // of the client
};
client_report measure_client(const std::string& text);

// What a select() server says to those whom it cannot watch.
struct limit_report {
  long tried = 0;
  long refused = 0;
  std::string answer;  // the first one's
};

struct tour_report {
  std::string text_name;
  client_report client;
  limit_report beyond_select;
  bool pinned = false;  // server and client on a processor each
  std::size_t text_lines = 0;
  double seconds_each = 0;
  std::vector<stage_report> stages;
};

void print_table(const tour_report& report);
// The page, whole: no file besides it, nothing from the network.
std::string page_of(const tour_report& report);
