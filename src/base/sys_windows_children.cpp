// Waiting for programs, and ending them. Sources: "TerminateProcess", "CreateThreadpoolWait",
// "CloseThreadpoolWait" of Microsoft's documentation.
#include "base/sys_windows/children.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <mutex>

#include "base/array.h"
#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_process.h"
#include "base/sys_windows/handles.h"

using namespace eddy::engine;
using namespace eddy::engine::sys;

namespace {

struct child {
  DWORD number;
  HANDLE process;
  int killed_by;  // the signal in whose name it was ended
};

// Process-wide, as a process's children are.
std::mutex children_mutex;
array<child> children;

// The code of a program that was ended by kill(), as shells give it.
UINT code_of(int signal) { return 128 + static_cast<UINT>(signal); }

child* find(pid_t number) {
  for (child& c : children)
    if (c.number == static_cast<DWORD>(number)) return &c;
  return nullptr;
}

bool has_ended(HANDLE process) { return ::WaitForSingleObject(process, 0) == WAIT_OBJECT_0; }

// Of another number than the record's, so that it can be used without the mutex.
HANDLE another_handle(pid_t number) {
  const std::lock_guard<std::mutex> guard(children_mutex);
  const child* c = find(number);
  HANDLE made = nullptr, self = ::GetCurrentProcess();
  if (c == nullptr) {
    errno = ECHILD;
  } else if (!::DuplicateHandle(self, c->process, self, &made, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    (void)windows_failed();
  }
  return made;
}

// Nobody else may have waited for it meanwhile.
int take_record(pid_t number, siginfo_t* how) {
  const std::lock_guard<std::mutex> guard(children_mutex);
  child* c = find(number);
  if (c == nullptr) {
    errno = ECHILD;
    return -1;
  }
  DWORD code = 0;
  ::GetExitCodeProcess(c->process, &code);
  how->si_pid = number;
  const bool was_killed = c->killed_by != 0 && code == code_of(c->killed_by);
  how->si_code = was_killed ? CLD_KILLED : CLD_EXITED;
  how->si_status = was_killed ? c->killed_by : static_cast<int>(code);
  ::CloseHandle(c->process);
  *c = children[children.size() - 1];
  children.truncate(children.size() - 1);
  return 0;
}

// A socket whose other end is closed when the process ends.
struct watched_end {
  HANDLE process;
  int socket;
};

void drop(watched_end* w) {
  ::CloseHandle(w->process);
  (void)::close(w->socket);
  memory::destroy(w);
}

void CALLBACK process_ended(PTP_CALLBACK_INSTANCE, void* context, PTP_WAIT wait, TP_WAIT_RESULT) {
  drop(static_cast<watched_end*>(context));
  ::CloseThreadpoolWait(wait);
}

int kill_child(child& c, int signal) {
  if (signal == 0) return 0;
  if (signal != SIGKILL && signal != SIGTERM) {
    errno = ENOTSUP;  // there are no others between processes
    return -1;
  }
  const int before = c.killed_by;
  c.killed_by = signal;
  if (::TerminateProcess(c.process, code_of(signal))) return 0;
  c.killed_by = before;
  if (has_ended(c.process)) return 0;  // as of one that nobody has waited for on POSIX
  return windows_failed();
}

}  // namespace

namespace eddy::engine::sys {

int add_child(DWORD number, HANDLE process) {
  const std::lock_guard<std::mutex> guard(children_mutex);
  if (children.push_back(child{number, process, 0})) return 0;
  ::CloseHandle(process);
  return ENOMEM;
}

int open_process(pid_t number) {
  if (!allowed(call::pidfd, -1)) return -1;
  HANDLE process = another_handle(number);
  if (process == nullptr) return -1;
  int ends[2];
  if (::socketpair(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    ::CloseHandle(process);
    return -1;
  }
  auto* w = memory::create<watched_end>();
  if (w != nullptr) *w = {process, ends[1]};
  PTP_WAIT wait = w == nullptr ? nullptr : ::CreateThreadpoolWait(process_ended, w, nullptr);
  if (wait != nullptr) {
    ::SetThreadpoolWait(wait, process, nullptr);
    return ends[0];
  }
  if (w == nullptr) {
    ::CloseHandle(process);
    (void)::close(ends[1]);
  } else {
    drop(w);
  }
  (void)::close(ends[0]);
  errno = ENOMEM;
  return -1;
}

}  // namespace eddy::engine::sys

int kill(pid_t process, int signal) {
  if (process == ::getpid()) return signal == 0 ? 0 : ::raise(signal);
  const std::lock_guard<std::mutex> guard(children_mutex);
  child* c = find(process);
  if (c != nullptr) return kill_child(*c, signal);
  errno = ESRCH;
  return -1;
}

int waitid(idtype_t, id_t process, siginfo_t* how, int options) {
  *how = {};
  const auto number = static_cast<pid_t>(process);
  HANDLE handle = another_handle(number);
  if (handle == nullptr) return -1;
  const DWORD waited = ::WaitForSingleObject(handle, options & WNOHANG ? 0 : INFINITE);
  ::CloseHandle(handle);
  return waited == WAIT_OBJECT_0 ? take_record(number, how) : 0;
}

pid_t waitpid(pid_t process, int* status, int options) {
  siginfo_t how;
  if (waitid(P_PID, static_cast<id_t>(process), &how, options | WEXITED) != 0) return -1;
  if (how.si_pid != 0 && status != nullptr)
    *status = how.si_code == CLD_KILLED ? how.si_status : how.si_status << 8;
  return how.si_pid;
}
