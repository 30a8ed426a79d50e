// Children and how they ended. See posix.h.
#pragma once

#include "base/sys_windows/posix.h"

enum idtype_t { P_PID = 1 };
#define WNOHANG 1
#define WEXITED 4
#define CLD_EXITED 1
#define CLD_KILLED 2

struct siginfo_t {
  pid_t si_pid;
  int si_code;
  int si_status;
};
int waitid(idtype_t type, id_t process, siginfo_t* how, int options);
pid_t waitpid(pid_t process, int* status, int options);

#define WIFEXITED(status) (((status)&0x7f) == 0)
#define WEXITSTATUS(status) ((status) >> 8)
#define WIFSIGNALED(status) (((status)&0x7f) != 0)
#define WTERMSIG(status) ((status)&0x7f)
