#include "base/sys_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "base/array.h"
#include "base/sys.h"

extern "C" char** environ;

namespace eddy::engine::sys {
namespace {

// Descriptors of ours with numbers below 3 would be overwritten before they are copied.
class standard_sources {
 public:
  ~standard_sources() {
    for (const int fd : copies_)
      if (fd >= 0) (void)close(fd);
  }
  int add(int place, int fd) {
    sources_[place] = fd;
    if (fd > 2) return 0;
    copies_[place] = sources_[place] = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return sources_[place] < 0 ? errno : 0;
  }
  int operator[](int place) const { return sources_[place]; }

 private:
  int sources_[3] = {-1, -1, -1};
  int copies_[3] = {-1, -1, -1};
};

int set_actions(posix_spawn_file_actions_t* actions, const program& p,
                const standard_sources& sources) {
  for (int i = 0; i < 3; ++i)
    if (const int error = ::posix_spawn_file_actions_adddup2(actions, sources[i], i)) return error;
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if (const int error = ::posix_spawn_file_actions_addclosefrom_np(actions, 3)) return error;
#endif
  return p.directory == nullptr ? 0 : ::posix_spawn_file_actions_addchdir_np(actions, p.directory);
}

int set_attributes(posix_spawnattr_t* attributes, const program& p) {
  sigset_t none, with_pipe;
  ::sigemptyset(&none);
  ::sigemptyset(&with_pipe);
  ::sigaddset(&with_pipe, SIGPIPE);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (p.own_group) flags |= POSIX_SPAWN_SETPGROUP;  // (of its own number)
  if (const int error = ::posix_spawnattr_setsigmask(attributes, &none)) return error;
  if (const int error = ::posix_spawnattr_setsigdefault(attributes, &with_pipe)) return error;
  return ::posix_spawnattr_setflags(attributes, static_cast<short>(flags));
}

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool is_set(const program& p, std::string_view variable) {
  for (char* const* set = p.variables; *set != nullptr; ++set)
    if (name_of(*set) == name_of(variable)) return true;
  return false;
}

// As execve(2) takes it: those that are set, then ours that are not. False: no memory.
bool make_environment(const program& p, array<char*>& all) {
  for (char* const* set = p.variables; *set != nullptr; ++set)
    if (!all.push_back(*set)) return false;
  for (char** v = p.inherits_variables ? environ : nullptr; v != nullptr && *v != nullptr; ++v)
    if (!is_set(p, *v) && !all.push_back(*v)) return false;
  return all.push_back(nullptr);
}

}  // namespace

int start_program(const program& p, pid_t* started) {
  standard_sources sources;
  for (int i = 0; i < 3; ++i)
    if (const int error = sources.add(i, p.standard[i])) return error;
  array<char*> environment;
  if (!make_environment(p, environment)) return ENOMEM;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (const int error = ::posix_spawn_file_actions_init(&actions)) return error;
  int error = ::posix_spawnattr_init(&attributes);
  if (error == 0) {
    error = set_actions(&actions, p, sources);
    if (error == 0) error = set_attributes(&attributes, p);
    if (error == 0)
      error =
          ::posix_spawnp(started, p.words[0], &actions, &attributes, p.words, environment.data());
    ::posix_spawnattr_destroy(&attributes);
  }
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

int open_process(pid_t pid) {
  if (!allowed(call::pidfd, -1)) return -1;
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // close-on-exec by itself
#else
  (void)pid;
  errno = ENOSYS;
  return -1;
#endif
}

int pipe_to_program(int ends[2], int) { return ::pipe2(ends, O_CLOEXEC); }

}  // namespace eddy::engine::sys
