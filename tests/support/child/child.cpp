#include "support/child/child.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace eddy::test {
namespace {

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void copy() {
  char bytes[4096];
  for (std::size_t got; (got = std::fread(bytes, 1, sizeof bytes, stdin)) != 0;)
    std::fwrite(bytes, 1, got, stdout);
}

void answer_lines() {
  std::string line;
  for (int c; (c = std::getchar()) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    say("<" + line + ">\n");
    std::fflush(stdout);
    line.clear();
  }
}

void say_without_end() {
  while (std::fputs("yes\n", stdout) >= 0 && std::ferror(stdout) == 0) {
  }
}

void list_folder() {
  for (const auto& entry : std::filesystem::directory_iterator("."))
    say(entry.path().filename().string() + "\n");
}

}  // namespace

int child_main(const std::vector<std::string>& words) {
  use_bytes();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& what = words[i];
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (what == "copy") copy();
    if (what == "answer_lines") answer_lines();
    if (what == "say_without_end") say_without_end();
    if (what == "list") list_folder();
    if (what == "sleep") sleep_long();
    if (what == "complain") std::fprintf(stderr, "%s\n", next.c_str());
    if (what == "variable") say(variable(next.c_str()) + "\n");
    if (what == "exit") return std::atoi(next.c_str());
    if (what == "words") {
      for (++i; i < words.size(); ++i) say("[" + words[i] + "]");
      return 0;
    }
  }
  return 0;
}

}  // namespace eddy::test
