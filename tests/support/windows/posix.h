// The calls of POSIX that tests make beside those of the engine, for Windows. The build puts this
// in front of every test there.
#pragma once

#include "base/sys_windows/handles.h"
#include "base/sys_windows/posix.h"

#include <event2/thread.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include <process.h>
#include <pthread.h>

// The two that programs are free to use; the C library delivers no others.
#define SIGUSR1 SIGTERM
#define SIGUSR2 SIGBREAK
#define SIGHUP SIGBREAK

// There, a signal is handled by whoever raises it.
inline int pthread_raise(pthread_t, int signal) { return ::raise(signal); }
#define pthread_kill pthread_raise

// Another number for the same thing.
inline int dup(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); }

// As wherever it is, made with the folder above it.
inline char* mkdtemp(char* name) {
  std::error_code error;
  std::filesystem::path path(name);
  std::filesystem::create_directories(path.parent_path(), error);
  char* end = name + std::strlen(name) - 6;
  for (unsigned n = ::GetCurrentProcessId(); n != 0; ++n) {
    std::snprintf(end, 7, "%06u", n % 1'000'000);
    if (std::filesystem::create_directory(name, error)) return name;
    if (error) return nullptr;
  }
  return nullptr;
}

// (There, mode 0 is SEEK_SET.)
inline long long seek_file(int fd, long long offset, int mode) {
  LARGE_INTEGER to, place;
  to.QuadPart = offset;
  HANDLE file = eddy::engine::sys::handle_of_file(fd);
  return ::SetFilePointerEx(file, to, &place, static_cast<DWORD>(mode)) ? place.QuadPart : -1;
}
#define lseek seek_file

inline int mkostemp(char* name, int flags) {
  char* end = name + std::strlen(name) - 6;
  for (unsigned n = ::GetCurrentProcessId(); n != 0; ++n) {
    std::snprintf(end, 7, "%06u", n % 1'000'000);
    const int fd = ::open(name, O_RDWR | O_CREAT | O_EXCL | O_BINARY | flags, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

// What follows is never called: tests that need it are skipped (support/system.h).
inline int dup2(int, int) { return -1; }
inline pid_t fork() { return -1; }
inline int mkfifo(const char*, unsigned) { return -1; }
inline eddy::uid_t getuid() { return 0; }
inline eddy::gid_t getgid() { return 0; }
inline int sigismember(const sigset_t*, int) { return -1; }
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000

using rlim_t = unsigned long long;
struct rlimit {
  rlim_t rlim_cur, rlim_max;
};
#define RLIMIT_NOFILE 7
inline int getrlimit(int, rlimit*) { return -1; }
inline int setrlimit(int, const rlimit*) { return -1; }

namespace testing {

// There abort() is an exit with 3.
inline ExitedWithCode KilledBySignal(int) { return ExitedWithCode(3); }

}  // namespace testing
