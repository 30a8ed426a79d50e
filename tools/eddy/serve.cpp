// eddy serve: the introduction's servers, which are the examples.
#include <cstdio>
#include <cstdlib>

#include "options.h"
#include "servers.h"
#include "system.h"

namespace {

struct style {
  const char* name;
  int (*run)(int, char**);
  bool has_backends = false;
};

constexpr style styles[] = {
    {"fork", rot13_fork_main},
    {"polling", rot13_polling_main},
    {"select", rot13_select_main},
    {"event", rot13_event_main, true},
    {"bufferevent", rot13_bufferevent_main, true},
    {"coroutine", rot13_coroutine_main, true},
};

[[noreturn]] void unknown_style(const std::string& name) {
  std::string known;
  for (const style& s : styles) known += (known.empty() ? "" : ", ") + std::string(s.name);
  throw usage_error((name.empty() ? "--style is needed" : "there is no style \"" + name + "\"") +
                    "; the styles are: " + known);
}

void check_backend(const std::string& name) {
  std::string known;
  for (const eddy::backend_info& b : all_backends()) {
    if (name == b.name && b.available) return;
    if (name == b.name) throw usage_error("backend " + name + " is not available: " + b.reason);
    known += (known.empty() ? "" : ", ") + std::string(b.name);
  }
  throw usage_error("there is no backend \"" + name + "\"; there are: " + known);
}

}  // namespace

int serve_command(const arguments& args) {
  std::string name, backend, port = "40713", address;
  option_reader options;
  options.value("--style", name);
  options.value("--backend", backend);
  options.value("--port", port);
  options.value("--bind", address);
  if (!options.read(args)) {
    std::printf(
        "usage: eddy serve --style fork|polling|select|event|bufferevent|coroutine\n"
        "                  [--backend NAME] [--port P] [--bind ADDRESS]\n\n"
        "One of the introduction's ROT13 servers. It prints \"listening on ADDRESS port P\" when "
        "it is\n"
        "ready, and ends on SIGINT or SIGTERM. --backend is for the styles event, "
        "bufferevent and\ncoroutine; eddy info lists them. "
        "Port 0 means any free one; 40713 unless given.\nIt listens on all IPv6 and IPv4 "
        "addresses unless --bind names one.\n");
    return 0;
  }
  for (const style& s : styles) {
    if (name != s.name) continue;
    if (!backend.empty() && !s.has_backends)
      throw usage_error("--backend goes with --style event, bufferevent and coroutine only");
    if (!backend.empty()) check_backend(backend);
    raise_descriptor_limit();
    std::vector<std::string> words{"eddy serve", "--port", port};
    if (!address.empty()) words.insert(words.end(), {"--bind", address});
    if (!backend.empty()) words.insert(words.end(), {"--backend", backend});
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    return s.run(static_cast<int>(words.size()), argv.data());
  }
  unknown_style(name);
}
