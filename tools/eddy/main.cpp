// eddy: looks at the system, serves the introduction's servers, loads them, tours them all, gets
// pages, and runs other people's programs.
#include <cstdio>
#include <cstring>

#include "commands.h"
#include "eddy/version.h"
#include "options.h"

namespace {

struct word {
  const char* name;
  int (*run)(const arguments&);
  const char* what;
};

constexpr word words[] = {
    {"info", info_command, "what this system offers, and what eddy would use"},
    {"serve", serve_command, "one of the introduction's ROT13 servers"},
    {"load", load_command, "many clients of such a server, every answer checked"},
    {"get", get_command, "what a URL of http:// names, printed or into a file"},
    {"run", run_command, "a program that was built for libevent, on eddy"},
    {"tour", tour_command, "the introduction live: each of its servers, measured, as a page"},
};

void help(std::FILE* to) {
  std::fprintf(to, "usage: eddy COMMAND [OPTIONS]\n\n");
  for (const word& w : words) std::fprintf(to, "  %-6s %s\n", w.name, w.what);
  std::fprintf(to, "\n  eddy COMMAND --help   explains a command\n  eddy --version        %s\n",
               EDDY_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  const auto is = [&](const char* word) { return std::strcmp(argv[1], word) == 0; };
  if (argc < 2 || is("--help") || is("-h") || is("help")) {
    help(argc < 2 ? stderr : stdout);
    return argc < 2 ? 2 : 0;
  }
  if (std::strcmp(argv[1], "--version") == 0) {
    std::printf("eddy %s\n", EDDY_VERSION);
    return 0;
  }
  for (const word& w : words) {
    if (std::strcmp(argv[1], w.name) != 0) continue;
    try {
      return w.run(arguments(argv + 2, argv + argc));
    } catch (const usage_error& error) {
      std::fprintf(stderr, "eddy %s: %s\n", w.name, error.what());
      return 2;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "eddy %s: %s\n", w.name, error.what());
      return 1;
    }
  }
  std::fprintf(stderr, "eddy: \"%s\" is not a command\n\n", argv[1]);
  help(stderr);
  return 2;
}
