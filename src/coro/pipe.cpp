#include <eddy/pipe.hpp>

#include <unistd.h>

#include <cerrno>

#include "base/sys.h"
#include "base/sys_watchable.h"

namespace eddy {
namespace {

stream of_duplicate(int fd) {
  const int copy = engine::sys::duplicate_of_standard(fd);
  if (copy < 0) error::of_errno(errno, "use the standard", fd).raise();
  return stream(copy);
}

}  // namespace

pipe_ends make_pipe() {
  int ends[2];
  if (engine::sys::pipe(ends) != 0) error::of_errno(errno, "make a pipe").raise();
  struct holder {
    int fd;
    ~holder() {
      if (fd >= 0) (void)engine::sys::close(fd);
    }
  } second{ends[1]};
  stream first(ends[0]);
  return {std::move(first), stream(std::exchange(second.fd, -1))};
}

stream standard_input() { return of_duplicate(STDIN_FILENO); }
stream standard_output() { return of_duplicate(STDOUT_FILENO); }
stream standard_error() { return of_duplicate(STDERR_FILENO); }

}  // namespace eddy
