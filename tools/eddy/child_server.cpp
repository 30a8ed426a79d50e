#include "child_server.h"

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "commands.h"

namespace {

using clock_type = std::chrono::steady_clock;
constexpr auto start_limit = std::chrono::seconds(10);
constexpr auto end_limit = std::chrono::seconds(5);

// In the child: in a group of its own, so that the fork server's children can be told to end as
// well, and ended with the tour, however that ends.
[[noreturn]] void become(const stage& s, int core, pid_t parent, int ends[2]) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (core >= 0) keep_to_core(core);
  ::dup2(ends[1], 1);
  ::close(ends[0]);
  ::close(ends[1]);
  arguments words{"eddy", "serve", "--style", s.style, "--port", "0", "--bind", "127.0.0.1"};
  if (!s.backend.empty()) words.insert(words.end(), {"--backend", s.backend});
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  ::execv("/proc/self/exe", argv.data());
  ::_exit(127);
}

// The port that a server announces; empty when it ends, or says nothing in time.
std::string read_port(int fd) {
  const auto until = clock_type::now() + start_limit;
  std::string said;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_type::now()).count();
    pollfd readable{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) break;  // or a signal
    char byte = 0;
    if (::read(fd, &byte, 1) != 1 || byte == '\n') break;
    said += byte;
  }
  return said.compare(0, 12, "listening on") == 0 ? said.substr(said.rfind(' ') + 1) : "";
}

bool ended(pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid || errno == ECHILD; }

}  // namespace

child_server::child_server(const stage& s, int core) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) become(s, core, parent, ends);
  ::close(ends[1]);
  port_ = read_port(ends[0]);
  ::close(ends[0]);
  if (!port_.empty()) return;
  stop();
  throw std::runtime_error("the server of stage \"" + s.name() + "\" did not start");
}

// Asked, then, when it does not answer, told.
void child_server::stop() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGTERM);
  ::kill(pid_, SIGTERM);
  const auto until = clock_type::now() + end_limit;
  errno = 0;
  while (!ended(pid_)) {
    if (clock_type::now() >= until) {
      ::kill(-pid_, SIGKILL);
      ::kill(pid_, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    errno = 0;
  }
  pid_ = -1;
}

void keep_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  (void)::sched_setaffinity(0, sizeof set, &set);
}

core_pair two_cores() {
  core_pair pair;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return pair;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(static_cast<std::size_t>(core), &set)) continue;
    if (pair.first < 0) pair.first = core;
    pair.last = core;
  }
  return pair;
}
