// A server of the introduction as a child process: this very command, as `eddy serve`.
#pragma once

#include <sys/types.h>

#include <string>

#include "tour_report.h"

// Runs until the end of the block, and no longer than this process. Throws std::runtime_error when
// it does not start within ten seconds.
class child_server {
 public:
  // `core`: the processor that it may use, or -1 for all.
  child_server(const stage& s, int core);
  ~child_server() { stop(); }
  child_server(const child_server&) = delete;
  child_server& operator=(const child_server&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& port() const { return port_; }

 private:
  void stop();

  pid_t pid_ = -1;
  std::string port_;
};

// This process keeps to one processor from now on.
void keep_to_core(int core);
// The first and the last processor that this process may use; equal where there is one only.
struct core_pair {
  int first = -1, last = -1;
};
core_pair two_cores();
