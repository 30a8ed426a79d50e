// A closed-loop load on a ROT13 server: each connection has so many lines under way, and sends the
// next one when an answer has come. Every answer is compared, byte for byte.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "histogram.h"

struct load_plan {
  std::string host = "127.0.0.1";
  std::string port = "40713";
  long connections = 8;
  long idle = 0;  // connections besides, that say nothing
  long inflight = 1;
  double seconds = 3;
  long lines = 0;                 // in all; 0: as many as fit into the time
  pid_t pid = 0;                  // whose processor time is counted; 0: nobody's
  std::vector<std::string> text;  // the lines that are sent, again and again, each with its '\n'
  std::function<void(double part, long lines)> progress;  // called some ten times a second
  std::function<bool()> interrupted;                      // asked as often; may be empty
};

struct load_result {
  long lines = 0;
  double seconds = 0;
  histogram latency;
  std::vector<std::string> errors;  // what went wrong, described; the first twenty
  long error_count = 0;
  double client_cpu_seconds = 0;
  double server_cpu_seconds = -1;  // -1: not asked for
  long server_memory_kib = 0;      // its share of what is shared (PSS)
  std::string backend;

  double lines_per_second() const { return seconds > 0 ? static_cast<double>(lines) / seconds : 0; }
  double client_us_per_line() const {
    return lines > 0 ? client_cpu_seconds * 1e6 / static_cast<double>(lines) : 0;
  }
  double server_us_per_line() const {
    return lines > 0 && server_cpu_seconds >= 0
               ? server_cpu_seconds * 1e6 / static_cast<double>(lines)
               : 0;
  }
};

// A connected, non-blocking socket, or -1 with errno: ETIMEDOUT after five seconds. Throws
// std::runtime_error for a host that cannot be resolved.
int connect_by_deadline(const std::string& host, const std::string& port);

// Throws std::runtime_error when the server cannot be reached at all.
load_result run_load(const load_plan& plan);

// Lines of that many bytes, '\n' included.
std::vector<std::string> generated_lines(long length);
// The project's own text: the beginning of the Jargon File (see text/ORIGIN).
std::string own_text();
constexpr const char* own_text_name = "the Jargon File, version 4.4.7, A to D";
std::vector<std::string> lines_of_text(const std::string& text);
// The lines of a file, none longer than a server takes. Throws std::runtime_error.
std::vector<std::string> lines_of_file(const std::string& path);
