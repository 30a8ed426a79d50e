// What the programs that hold idle connections share: what is measured when, and what is printed.
// The first connection is apart, since it sets up what all share.
#pragma once

#include "common/held.h"
#include "common/memory.h"

class held_connections {
 public:
  held_connections(int argc, char** argv)
      : count_(static_cast<size_t>(bench_option(argc, argv, "--connections", 15000))) {
    if (count_ < 2) bench_fail("--connections", "at least 2");
    alarm(100);
    listener_ = bench_listen(0, SOCK_NONBLOCK);
    child_ = held_start(listener_, count_);
  }

  size_t count() const noexcept { return count_; }
  int listener() const noexcept { return listener_; }

  void first_is_there() noexcept {
    heap_ = bench_heap_bytes();
    resident_ = bench_statm_bytes(1);
  }
  void all_are_there() {
    printf("{");
    print("");
    bench_check(write(child_, "", 1) == 1, "write");  // it sends a line on each
  }
  void all_were_answered() { print(" after a line"); }
  void end() {
    printf("\"connections\": %zu}\n", count_);
    fflush(stdout);
    bench_check(write(child_, "", 1) == 1, "write");
  }

 private:
  void print(const char* when) const {
    const auto others = static_cast<double>(count_ - 1);
    printf("\"heap bytes per connection%s\": %.0f, ", when, (bench_heap_bytes() - heap_) / others);
    printf("\"resident bytes per connection%s\": %.0f, ", when,
           (bench_statm_bytes(1) - resident_) / others);
  }

  size_t count_;
  int listener_ = -1;
  int child_ = -1;
  double heap_ = 0;
  double resident_ = 0;
};
