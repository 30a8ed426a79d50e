#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "base/sys_process.h"

namespace eddy::engine::sys {

int start_program(const program&, pid_t*) { return ENOTSUP; }
int open_process(pid_t) { return -1; }

}  // namespace eddy::engine::sys

int kill(pid_t process, int signal) {
  if (process == ::getpid()) return ::raise(signal);
  errno = ESRCH;
  return -1;
}

int waitid(idtype_t, id_t, siginfo_t*, int) {
  errno = ECHILD;
  return -1;
}

pid_t waitpid(pid_t, int*, int) {
  errno = ECHILD;
  return -1;
}
