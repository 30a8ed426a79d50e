// The standard descriptors, for streams.
#include <cerrno>

#include "base/sys_watchable.h"
#include "base/sys_windows/handles.h"
#include "base/sys_windows/pumps.h"

namespace eddy::engine::sys {
namespace {

// Whose reader waits for somebody: not a file, nor the device NUL.
bool makes_wait(HANDLE file) {
  DWORD unused = 0;
  const DWORD kind = ::GetFileType(file);
  return kind == FILE_TYPE_PIPE || (kind == FILE_TYPE_CHAR && ::GetConsoleMode(file, &unused));
}

int pumped(HANDLE input) {
  HANDLE copy = nullptr, self = ::GetCurrentProcess();
  int ends[2];
  if (::socketpair(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  int error = 0;
  if (!::DuplicateHandle(self, input, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    error = errno_of_windows(::GetLastError());
    (void)::close(ends[1]);
  } else {
    error = pump_to_socket(copy, socket_of(ends[1]));
  }
  if (error == 0) return ends[0];
  (void)::close(ends[0]);
  errno = error;
  return -1;
}

}  // namespace

int duplicate_of_standard(int fd) {
  HANDLE file = is_socket(fd) ? INVALID_HANDLE_VALUE : handle_of_file(fd);
  if (fd == 0 && file != INVALID_HANDLE_VALUE && makes_wait(file)) return pumped(file);
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

}  // namespace eddy::engine::sys
