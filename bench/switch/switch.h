// What the programs share that let coroutines take turns: which of them are run, and what is
// printed.
#pragma once

#include "common/measure.h"

// Runs `--kind N` of the measurements, or all (0), with `--rounds` each.
class switches {
 public:
  switches(int argc, char** argv)
      : kind_(bench_option(argc, argv, "--kind", 0)),
        rounds_(bench_option(argc, argv, "--rounds", 1'000'000)) {
    if (rounds_ < 1) bench_fail("--rounds", "at least 1");
  }

  // `run(rounds)` does something `each` times a round. The first rounds pay for memory and caches.
  template <class F>
  void measure(long number, const char* name, double each, F run) {
    if (kind_ != 0 && kind_ != number) return;
    run(rounds_ / 10 + 1);
    const uint64_t start = cpu_ns();
    run(rounds_);
    const auto spent = static_cast<double>(cpu_ns() - start);
    printf("%s\"%s\": %.3f", first_ ? "{" : ", ", name,
           spent / (static_cast<double>(rounds_) * each));
    first_ = false;
  }
  ~switches() { printf("%s\"rounds\": %ld}\n", first_ ? "{" : ", ", rounds_); }
  switches(const switches&) = delete;
  switches& operator=(const switches&) = delete;

 private:
  long kind_;
  long rounds_;
  bool first_ = true;
};
