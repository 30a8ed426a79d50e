// What POSIX has beside descriptors: signals, mappings, the environment, texts of errors, random
// bytes.
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/sys/random.h"

// <ntsecapi.h> names it RtlGenRandom.
extern "C" BOOLEAN NTAPI SystemFunction036(void* buffer, ULONG size);

namespace {

using handler = void (*)(int);

// Of the C library's signals; it puts the default back whenever one comes, and POSIX does not.
handler handlers[NSIG] = {};

void on_signal(int signal) {
  (void)std::signal(signal, on_signal);
  handlers[signal](signal);
}

// SIGINT (Ctrl-C) and SIGBREAK come on a thread of the system's, SIGTERM only by raise().
bool can_be_handled(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGBREAK || signal == SIGABRT ||
         signal == SIGFPE || signal == SIGILL || signal == SIGSEGV;
}

}  // namespace

int sigaction(int signal, const struct sigaction* action, struct sigaction* before) {
  if (!can_be_handled(signal)) {
    errno = EINVAL;
    return -1;
  }
  const bool is_ours =
      action != nullptr && action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
  const handler ours = handlers[signal];
  if (is_ours) handlers[signal] = action->sa_handler;
  // (There is no asking without setting.)
  handler was = std::signal(signal, action == nullptr ? SIG_DFL
                                    : is_ours         ? on_signal
                                                      : action->sa_handler);
  if (was == SIG_ERR) return -1;
  if (action == nullptr && was != SIG_DFL) (void)std::signal(signal, was);
  if (before != nullptr) {
    *before = {};
    before->sa_handler = was == on_signal ? ours : was;
    if (was == on_signal) before->sa_flags = SA_RESTART;  // nothing is interrupted here
  }
  return 0;
}

void* mmap(void*, std::size_t, int, int, int, std::int64_t) {
  errno = ENOSYS;  // who maps a file reads it instead
  return MAP_FAILED;
}

int munmap(void*, std::size_t) { return 0; }

long sysconf(int name) {
  SYSTEM_INFO info;
  ::GetSystemInfo(&info);
  return name == _SC_PAGESIZE ? static_cast<long>(info.dwPageSize) : -1;
}

char* strerror_r(int error, char* room, std::size_t size) {
  if (size == 0) return room;
  const char* text = eddy::engine::sys::text_of_errno(error);
  std::strncpy(room, text, size - 1);
  room[size - 1] = '\0';
  return room;
}

int setenv(const char* name, const char* value, int overwrite) {
  if (overwrite == 0 && std::getenv(name) != nullptr) return 0;
  return ::_putenv_s(name, value) == 0 ? 0 : -1;
}

int unsetenv(const char* name) { return ::_putenv_s(name, "") == 0 ? 0 : -1; }

ssize_t getrandom(void* data, std::size_t size, unsigned) {
  const auto part = static_cast<ULONG>(size > INT_MAX ? INT_MAX : size);
  if (SystemFunction036(data, part)) return static_cast<ssize_t>(part);
  errno = ENOSYS;
  return -1;
}
