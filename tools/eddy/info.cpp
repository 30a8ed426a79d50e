// eddy info
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "backend/table.h"
#include "base/sys.h"
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
struct choice {
  std::string name;  // empty: none, and
  std::string why;
};

choice what_a_loop_gets() {
  eddy::engine::loop one;
  if (one.open(eddy::engine::loop_options{}) == 0) return {one.backend_name(), ""};
  return {"", one.why_not_open()};
}

// "EVENT_NOEPOLL=1", for the variable that switches a backend off; empty for none.
std::string off_switch_of(const char* name) {
  const eddy::engine::backend_row* row = eddy::engine::find_backend(name);
  if (row == nullptr) return "";
  for (const char* variable : {row->off_switch, row->other_off_switch})
    if (variable != nullptr)
      if (const char* value = eddy::engine::sys::trusted_environment(variable))
        return std::string(variable) + "=" + value;
  return "";
}

// What keeps a loop from it, for people.
std::string obstacle(const eddy::backend_info& b) {
  if (!b.available) return std::string("not available: ") + b.reason;
  const std::string off = off_switch_of(b.name);
  return off.empty() ? "" : "switched off by " + off;
}

void print_json(const utsname& system, const std::vector<eddy::backend_info>& backends,
                const choice& chosen) {
  std::printf(
      "{\"system\": %s, \"kernel\": %s, \"machine\": %s, \"processors\": %ld, \"chosen\": %s, "
      "\"backends\": [",
      json_string(system.sysname).c_str(), json_string(system.release).c_str(),
      json_string(system.machine).c_str(), ::sysconf(_SC_NPROCESSORS_ONLN),
      json_string(chosen.name).c_str());
  const char* between = "";
  for (const eddy::backend_info& b : backends) {
    const std::string off = off_switch_of(b.name);
    std::printf(
        "%s{\"name\": \"%s\", \"available\": %s, \"reason\": %s, \"switched_off_by\": %s, "
        "\"features\": [%s]}",
        between, b.name, b.available ? "true" : "false",
        b.reason != nullptr ? json_string(b.reason).c_str() : "null",
        off.empty() ? "null" : json_string(off).c_str(),
        features_of(b.features, ", ", "\"").c_str());
    between = ", ";
  }
  std::printf("]}\n");
}

void print_text(const utsname& system, const std::vector<eddy::backend_info>& backends,
                const choice& chosen) {
  std::printf("%s %s, %s, %ld processors\n\nbackends, the best first:\n", system.sysname,
              system.release, system.machine, ::sysconf(_SC_NPROCESSORS_ONLN));
  for (const eddy::backend_info& b : backends) {
    const std::string why_not = obstacle(b);
    std::printf("  %c %-9s %s%s%s\n", chosen.name == b.name ? '*' : ' ', b.name,
                features_of(b.features, ", ", "").c_str(),
                why_not.empty() ? "" : "\n              ", why_not.c_str());
  }
  const char* wanted = eddy::engine::sys::trusted_environment("EDDY_BACKEND");
  if (wanted != nullptr && *wanted != '\0')
    std::printf("\nEDDY_BACKEND=%s asks for one%s.\n", wanted,
                chosen.name.empty() || chosen.name == wanted ? "" : ", which a loop cannot have");
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
  const choice chosen = what_a_loop_gets();
  json ? print_json(system, backends, chosen) : print_text(system, backends, chosen);
  if (!chosen.name.empty()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "eddy info: no loop can be made with this environment: %s\n",
               chosen.why.c_str());
  return 1;
}
