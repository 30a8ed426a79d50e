// Whether this kernel gives this process rings that can do what the backend needs.
#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "backend/uring.h"
#include "base/memory.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

constexpr unsigned needed_features =
    IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_FAST_POLL | IORING_FEAT_SUBMIT_STABLE;

constexpr int needed_operations[] = {IORING_OP_ACCEPT,  IORING_OP_CONNECT,     IORING_OP_RECV,
                                     IORING_OP_SEND,    IORING_OP_RECVMSG,     IORING_OP_SENDMSG,
                                     IORING_OP_READ,    IORING_OP_WRITE,       IORING_OP_POLL_ADD,
                                     IORING_OP_TIMEOUT, IORING_OP_ASYNC_CANCEL};

// Where rings exist but are known to lose or corrupt: 32-bit ARM and big PowerPC.
constexpr bool denied_machine =
#if defined(__arm__) || defined(__powerpc64__)
    true;
#else
    false;
#endif

char reason_text[160];

const char* refused(const char* call, int error) {
  const char* hint = "";
  if (error == EPERM || error == EACCES)
    hint = " (switched off by sysctl kernel.io_uring_disabled, or by a seccomp filter)";
  if (error == ENOSYS) hint = " (a kernel without it, or a seccomp filter)";
  if (error == ENOMEM) hint = " (RLIMIT_MEMLOCK?)";
  std::snprintf(reason_text, sizeof reason_text, "%s: %s%s", call, std::strerror(error), hint);
  return reason_text;
}

const char* lacks_operation(io_uring* ring) {
  io_uring_probe* probe = ::io_uring_get_probe_ring(ring);
  if (probe == nullptr) return "the kernel cannot be asked what its io_uring knows";
  const char* lacking = nullptr;
  for (const int operation : needed_operations)
    if (!::io_uring_opcode_supported(probe, operation))
      lacking = "this kernel's io_uring lacks an operation that is needed";
  ::io_uring_free_probe(probe);
  return lacking;
}

// `lasting`: the answer will not be another one later.
const char* ask_kernel(bool* lasting) {
  *lasting = true;
  if (denied_machine) return "io_uring is not reliable on this kind of processor";
  if (!sys::allowed(sys::call::uring_setup, -1)) {
    *lasting = false;
    return refused("io_uring_setup", errno);
  }
  io_uring ring{};
  io_uring_params params{};
  const int error = ::io_uring_queue_init_params(2, &ring, &params);
  if (error != 0) {
    *lasting = error == -EPERM || error == -ENOSYS;
    return refused("io_uring_setup", -error);
  }
  // Some filters let a ring be made, and nothing be done with it.
  if (const int denied = ::io_uring_get_events(&ring); denied < 0) {
    ::io_uring_queue_exit(&ring);
    return refused("io_uring_enter", -denied);
  }
  const char* reason = (params.features & needed_features) != needed_features
                           ? "this kernel's io_uring is too old (Linux 5.11 is needed)"
                           : lacks_operation(&ring);
  ::io_uring_queue_exit(&ring);
  return reason;
}

}  // namespace

const char* uring_unavailable() {
  static std::mutex mutex;
  static bool known = false;
  static const char* answer = nullptr;
  std::lock_guard<std::mutex> guard(mutex);
  if (!known) answer = ask_kernel(&known);
  return answer;
}

backend* make_uring_backend(const char** why) {
  epoll_backend* readiness = epoll_backend::create();
  if (readiness == nullptr) {
    *why = "epoll_create1 failed";
    return nullptr;
  }
  auto* made = memory::create<uring_backend>(readiness);
  if (made != nullptr) return made;
  memory::destroy(readiness);
  *why = "out of memory";
  return nullptr;
}

}  // namespace eddy::engine
