// Random bytes that nobody can predict: evutil_secure_rng_...().
//
// Each call asks the kernel. A generator in the process would be faster for small requests, but
// would have to notice forks, cloned virtual machines and memory that is read by others.
#include <cerrno>
#include <cstdlib>

#include <event2/util.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "capi/settings.h"

namespace {

// False with errno when the kernel has no getrandom, or forbids it.
bool from_kernel(unsigned char* at, std::size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool from_device(unsigned char* at, std::size_t size) {
  const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while (size > 0) {
    const ssize_t got = read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  close(fd);
  return size == 0;
}

bool fill(void* buf, std::size_t size) {
  unsigned char* at = static_cast<unsigned char*>(buf);
  return from_kernel(at, size) || from_device(at, size);
}

}  // namespace

extern "C" {

void evutil_secure_rng_get_bytes(void* buf, size_t n) {
  if (!fill(buf, n))
    eddy::engine::capi::log_err(
        EXIT_FAILURE,
        "no random bytes: neither getrandom() nor /dev/urandom can be used; going on "
        "with predictable ones would be worse than to stop");
}

int evutil_secure_rng_init(void) {
  unsigned char probe = 0;
  return fill(&probe, sizeof probe) ? 0 : -1;
}

int evutil_secure_rng_set_urandom_device_file(char*) { return -1; }

void evutil_secure_rng_add_bytes(const char*, size_t) {}

}  // extern "C"
