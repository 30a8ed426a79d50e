// eddy info
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "eddy/backends.hpp"
#include "json.h"
#include "loop/loop.h"
#include "options.h"
#include "system.h"

namespace {

struct feature_name {
  unsigned bit;
  const char* name;
};

constexpr feature_name feature_names[] = {
    {eddy::backend_completion, "completion"},
    {eddy::backend_edge_triggered, "edge-triggered"},
    {eddy::backend_o1, "O(1)"},
    {eddy::backend_early_close, "early close"},
    {eddy::backend_any_file, "regular files"},
};

std::string features_of(unsigned bits, const char* between, const char* quote) {
  std::string text;
  for (const feature_name& f : feature_names)
    if (bits & f.bit) text += (text.empty() ? "" : between) + (quote + std::string(f.name)) + quote;
  return text;
}

// With this environment.
std::string what_a_loop_gets() {
  eddy::engine::loop one;
  return one.open(eddy::engine::loop_options{}) == 0 ? one.backend_name() : "";
}

void print_json(const utsname& system, const std::vector<eddy::backend_info>& backends) {
  std::printf(
      "{\"system\": %s, \"kernel\": %s, \"machine\": %s, \"processors\": %ld, \"chosen\": %s, "
      "\"backends\": [",
      json_string(system.sysname).c_str(), json_string(system.release).c_str(),
      json_string(system.machine).c_str(), ::sysconf(_SC_NPROCESSORS_ONLN),
      json_string(what_a_loop_gets()).c_str());
  const char* between = "";
  for (const eddy::backend_info& b : backends) {
    std::printf("%s{\"name\": \"%s\", \"available\": %s, \"reason\": %s, \"features\": [%s]}",
                between, b.name, b.available ? "true" : "false",
                b.reason != nullptr ? json_string(b.reason).c_str() : "null",
                features_of(b.features, ", ", "\"").c_str());
    between = ", ";
  }
  std::printf("]}\n");
}

void print_text(const utsname& system, const std::vector<eddy::backend_info>& backends) {
  std::printf("%s %s, %s, %ld processors\n\nbackends, the best first:\n", system.sysname,
              system.release, system.machine, ::sysconf(_SC_NPROCESSORS_ONLN));
  const std::string chosen = what_a_loop_gets();
  for (const eddy::backend_info& b : backends) {
    std::printf(
        "  %c %-9s %s%s\n", chosen == b.name ? '*' : ' ', b.name,
        features_of(b.features, ", ", "").c_str(),
        b.available ? "" : (std::string("\n              not available: ") + b.reason).c_str());
  }
  std::printf(
      "\n* is what a loop gets. EDDY_BACKEND=NAME picks one; EDDY_NO_IO_URING=1, EVENT_NOEPOLL=1, "
      "... "
      "switch one off.\n");
}

}  // namespace

std::vector<eddy::backend_info> all_backends() {
  std::vector<eddy::backend_info> backends(16);
  backends.resize(eddy::list_backends(backends.data(), backends.size()));
  return backends;
}

int info_command(const arguments& args) {
  bool json = false;
  option_reader options;
  options.flag("--json", json);
  if (!options.read(args)) {
    std::printf("usage: eddy info [--json]\n\nThe system, and which backends eddy has on it.\n");
    return 0;
  }
  utsname system{};
  ::uname(&system);
  const std::vector<eddy::backend_info> backends = all_backends();
  json ? print_json(system, backends) : print_text(system, backends);
  return 0;
}
