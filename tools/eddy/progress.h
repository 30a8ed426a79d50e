// A progress bar on a terminal.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

class progress_bar {
 public:
  explicit progress_bar(bool wanted = ::isatty(2) != 0) : wanted_(wanted) {}
  ~progress_bar() { clear(); }

  void show(double part, const std::string& text) {
    if (!wanted_) return;
    const int full = static_cast<int>(part * 30);
    std::fprintf(stderr, "\r[%s%s] %3d %%  %-44.44s",
                 std::string(static_cast<std::size_t>(full), '#').c_str(),
                 std::string(static_cast<std::size_t>(30 - full), '.').c_str(),
                 static_cast<int>(part * 100), text.c_str());
    std::fflush(stderr);
    shown_ = true;
  }

  void clear() {
    if (shown_) std::fprintf(stderr, "\r%*s\r", 84, "");
    shown_ = false;
  }

 private:
  bool wanted_;
  bool shown_ = false;
};
