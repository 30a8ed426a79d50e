// Signals by POSIX's words: what the console tells (Ctrl-C, Ctrl-Break, that its window is closed)
// and what is raised in the C library.
//
// The C library would do for the console, too, but it puts the default back before it calls a
// handler: a second Ctrl-C that came before the handler was set again ended the program. So the
// console is asked directly, by a handler that comes before the C library's.
//
// Sources: "SetConsoleCtrlHandler", "HandlerRoutine", "signal" of Microsoft's documentation.
#include "base/sys_windows/signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include "base/sys_windows/posix.h"

namespace {

using handler = void (*)(int);

// Of POSIX's kind: they stay until they are taken away. Read on any thread.
std::atomic<handler> handlers[NSIG] = {};

bool call_handler(int signal) {
  const handler chosen = handlers[signal].load(std::memory_order_acquire);
  if (chosen == nullptr) return false;
  chosen(signal);
  return true;
}

// Called by the C library's raise(), which had put the default back. (Two threads that raise the
// same signal at once meet that default: the C library's own limit.)
void raised(int signal) {
  (void)std::signal(signal, raised);
  (void)call_handler(signal);
}

bool can_be_handled(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGBREAK || signal == SIGABRT ||
         signal == SIGFPE || signal == SIGILL || signal == SIGSEGV;
}

// As Go has it: SIGTERM, which asks a program to end, and which the C library knows (SIGHUP it
// does not).
int signal_of(DWORD event) {
  switch (event) {
    case CTRL_C_EVENT:
      return SIGINT;
    case CTRL_BREAK_EVENT:
      return SIGBREAK;
    default:
      return SIGTERM;
  }
}

// When this returns after a close, a logoff or a shutdown, the system ends the process at once;
// while it does not, the program has some seconds to end by itself.
BOOL WINAPI console_told(DWORD event) {
  if (!eddy::engine::sys::console_event(event)) return FALSE;
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) ::Sleep(INFINITE);
  return TRUE;
}

// The last one added is asked first: before the C library's, which that adds when it first needs
// it.
void listen_to_console() {
  (void)::SetConsoleCtrlHandler(console_told, FALSE);
  (void)::SetConsoleCtrlHandler(console_told, TRUE);
}

// (There is no asking without setting.)
handler of_library(int signal) {
  const handler was = std::signal(signal, SIG_DFL);
  if (was != SIG_DFL && was != SIG_ERR) (void)std::signal(signal, was);
  return was;
}

struct sigaction action_now(int signal) {
  struct sigaction now {};
  const handler ours = handlers[signal].load(std::memory_order_acquire);
  now.sa_handler = ours != nullptr ? ours : of_library(signal);
  now.sa_flags = ours != nullptr ? SA_RESTART : SA_RESETHAND;  // (nothing is interrupted here)
  return now;
}

int set_action(int signal, const struct sigaction& action) {
  const bool is_of_library = action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ||
                             (action.sa_flags & SA_RESETHAND) != 0;
  if (!is_of_library) handlers[signal].store(action.sa_handler, std::memory_order_release);
  if (std::signal(signal, is_of_library ? action.sa_handler : raised) == SIG_ERR) {
    handlers[signal].store(nullptr, std::memory_order_release);
    return -1;
  }
  if (is_of_library)
    handlers[signal].store(nullptr, std::memory_order_release);
  else
    listen_to_console();
  return 0;
}

}  // namespace

namespace eddy::engine::sys {

bool console_event(unsigned long event) { return call_handler(signal_of(event)); }

}  // namespace eddy::engine::sys

int sigaction(int signal, const struct sigaction* action, struct sigaction* before) {
  if (!can_be_handled(signal)) {
    errno = EINVAL;
    return -1;
  }
  if (before != nullptr) *before = action_now(signal);
  return action == nullptr ? 0 : set_action(signal, *action);
}
