// What POSIX has beside descriptors and signals: mappings, the environment, texts of errors, random
// bytes.
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/sys/random.h"

// <ntsecapi.h> names it RtlGenRandom.
extern "C" BOOLEAN NTAPI SystemFunction036(void* buffer, ULONG size);

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
