#include "kqueue_signals.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "descriptors.h"

extern "C" int __real_sigaction(int signal, const struct sigaction* set, struct sigaction* old);

namespace eddy::simulated {
namespace {

constexpr int signal_count = NSIG;

using plain_handler = void (*)(int);
using full_handler = void (*)(int, siginfo_t*, void*);

// What the program asked for. The handler reads the atomic half.
struct disposition {
  std::atomic<plain_handler> plain{SIG_DFL};
  std::atomic<full_handler> full{nullptr};
  struct sigaction asked = {};
  int watchers = 0;
};

disposition programs[signal_count];
std::atomic<unsigned> counts[signal_count];
thread_local volatile std::sig_atomic_t ignored_here = 0;
const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

// The program's handler first: "event notification happens after normal signal delivery
// processing".
void arrived(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const disposition& program = programs[signal];
  const full_handler full = program.full.load();
  const plain_handler plain = program.plain.load();
  if (full != nullptr)
    full(signal, info, context);
  else if (plain != SIG_IGN && plain != SIG_DFL)
    plain(signal);
  else
    ignored_here = 1;
  counts[signal].fetch_add(1);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t told = ::write(bell, &one, sizeof one);
  errno = error;
}

void remember(int signal, const struct sigaction& asked) {
  disposition& program = programs[signal];
  program.asked = asked;
  const bool is_full = (asked.sa_flags & SA_SIGINFO) != 0;
  program.full.store(is_full ? asked.sa_sigaction : nullptr);
  program.plain.store(is_full ? SIG_DFL : asked.sa_handler);
}

bool ends_the_process_by_default(int signal) {
  return signal != SIGCHLD && signal != SIGURG && signal != SIGWINCH && signal != SIGCONT;
}

// What is left to the kernel: what would end or stop the process, and SIGCHLD that is ignored
// (which also means that children leave no zombies, and is not recorded on FreeBSD either).
bool is_left_alone(int signal, const struct sigaction& asked) {
  if ((asked.sa_flags & SA_SIGINFO) != 0) return false;
  if (asked.sa_handler == SIG_DFL) return ends_the_process_by_default(signal);
  return asked.sa_handler == SIG_IGN && signal == SIGCHLD;
}

int install(int signal) {
  struct sigaction action = programs[signal].asked;
  if (!is_left_alone(signal, action)) {
    const bool is_full = (action.sa_flags & SA_SIGINFO) != 0;
    // What is ignored interrupts nothing.
    if (!is_full && (action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL))
      action.sa_flags |= SA_RESTART;
    action.sa_flags |= SA_SIGINFO;
    action.sa_sigaction = arrived;
  }
  return __real_sigaction(signal, &action, nullptr);
}

}  // namespace

bool can_be_watched(uintptr_t signal) {
  return signal > 0 && signal < signal_count && signal != SIGKILL && signal != SIGSTOP;
}

int watch_signal(int signal) {
  disposition& program = programs[signal];
  if (program.watchers == 0) {
    struct sigaction before;
    if (__real_sigaction(signal, nullptr, &before) != 0) return errno;
    remember(signal, before);
    if (install(signal) != 0) return errno;
  }
  ++program.watchers;
  return 0;
}

void unwatch_signal(int signal) {
  disposition& program = programs[signal];
  if (--program.watchers == 0) __real_sigaction(signal, &program.asked, nullptr);
}

unsigned signals_so_far(int signal) { return counts[signal].load(); }

int signal_bell() { return bell; }

bool was_interrupted_by_ignored() {
  const bool was = ignored_here != 0;
  ignored_here = 0;
  return was;
}

}  // namespace eddy::simulated

extern "C" {

int __wrap_sigaction(int signal, const struct sigaction* set, struct sigaction* old) {
  namespace simulated = eddy::simulated;
  if (signal <= 0 || signal >= simulated::signal_count) return __real_sigaction(signal, set, old);
  const simulated::in_kernel here;
  simulated::disposition& program = simulated::programs[signal];
  if (program.watchers == 0) return __real_sigaction(signal, set, old);
  const struct sigaction before = program.asked;
  if (set != nullptr) {
    simulated::remember(signal, *set);
    if (simulated::install(signal) != 0) return -1;
  }
  if (old != nullptr) *old = before;
  return 0;
}

void (*__wrap_signal(int signal, void (*handler)(int)))(int) {
  struct sigaction set = {}, old = {};
  set.sa_handler = handler;
  set.sa_flags = SA_RESTART;
  return __wrap_sigaction(signal, &set, &old) == 0 ? old.sa_handler : SIG_ERR;
}

}  // extern "C"
