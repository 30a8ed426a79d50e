#include "backend/iocp_afd.h"

#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_watchable.h"
#include "base/sys_windows/errors.h"

namespace eddy::engine {
namespace {

constexpr unsigned long ioctl_poll = 0x12024;

enum afd_event : unsigned long {
  afd_receive = 0x001,
  afd_send = 0x004,
  afd_disconnect = 0x008,  // the peer has sent its end
  afd_abort = 0x010,       // the connection was reset
  afd_local_close = 0x020,
  afd_accept = 0x080,
  afd_connect_fail = 0x100,
};

struct poll_info {
  LARGE_INTEGER timeout;
  unsigned long count;
  unsigned long exclusive;
  struct {
    HANDLE handle;
    unsigned long events;
    std::int32_t status;
  } handles[1];
};

struct afd_request : poll_request {
  nt_status_block status;
  poll_info info;
};

unsigned long to_afd(interest wanted) {
  unsigned long events = afd_abort | afd_connect_fail | afd_local_close;
  if (wanted & watch_read) events |= afd_receive | afd_accept | afd_disconnect;
  if (wanted & watch_write) events |= afd_send;
  if (wanted & watch_closed) events |= afd_disconnect;
  return events;
}

// An error makes everything ready, so that whoever reads or writes finds it out; and it is an end.
constexpr interest all_ready = readiness_bits;

interest from_afd(unsigned long events) {
  if (events & (afd_abort | afd_connect_fail)) return all_ready;
  interest what = 0;
  if (events & (afd_receive | afd_accept | afd_disconnect)) what |= watch_read;
  if (events & afd_send) what |= watch_write;
  if (events & afd_disconnect) what |= watch_closed;
  return what;
}

// What Winsock's layers (firewalls, proxies) stand on: AFD knows the socket below them only.
int find_base(int fd, HANDLE* base) {
  SOCKET found = INVALID_SOCKET;
  DWORD size = 0;
  if (::WSAIoctl(static_cast<SOCKET>(fd), SIO_BASE_HANDLE, nullptr, 0, &found, sizeof found, &size,
                 nullptr, nullptr) == 0) {
    *base = reinterpret_cast<HANDLE>(found);
    return 0;
  }
  const int error = ::WSAGetLastError();
  return error == WSAENOTSOCK ? EBADF : sys::errno_of_winsock(error);
}

}  // namespace

int afd_device::open(const iocp_calls* calls, HANDLE port, ULONG_PTR key) {
  static constexpr wchar_t name[] = L"\\Device\\Afd\\eddy";
  const nt_string text{sizeof name - sizeof *name, sizeof name, name};
  const nt_object object{sizeof object, nullptr, &text, 0, nullptr, nullptr};
  constexpr unsigned long may_wait = SYNCHRONIZE, shared = FILE_SHARE_READ | FILE_SHARE_WRITE,
                          existing = 1;  // FILE_OPEN
  nt_status_block status{};
  calls_ = calls;
  const std::int32_t result = calls->create_file(&device_, may_wait, &object, &status, nullptr, 0,
                                                 shared, existing, 0, nullptr, 0);
  if (result != 0) {
    device_ = INVALID_HANDLE_VALUE;
    return errno_of_status(result) != 0 ? errno_of_status(result) : EIO;
  }
  return ::CreateIoCompletionPort(device_, port, key, 0) != nullptr ? 0 : EIO;
}

afd_device::~afd_device() {
  if (device_ != INVALID_HANDLE_VALUE) ::CloseHandle(device_);
}

int afd_device::check(int fd) {
  if (!sys::allowed(sys::call::port_associate, fd)) return errno;
  // (Wine tells what stands below anything.)
  if (const int error = sys::refuse_to_watch(fd)) return error;
  HANDLE base = nullptr;
  return find_base(fd, &base);
}

poll_request* afd_device::make_request() { return memory::create<afd_request>(); }

void afd_device::drop_request(poll_request* r) { memory::destroy(static_cast<afd_request*>(r)); }

// The number may be another socket's by now: what it stands for is asked each time.
int afd_device::give_poll(poll_request* r) {
  auto* request = static_cast<afd_request*>(r);
  HANDLE base = nullptr;
  if (!sys::allowed(sys::call::poll, r->fd)) return errno;
  if (const int error = find_base(r->fd, &base)) return error;
  request->status.status = nt_pending;
  request->info.timeout.QuadPart = INT64_MAX;
  request->info.count = 1;
  request->info.exclusive = 0;
  request->info.handles[0] = {base, to_afd(r->asked), 0};
  const std::int32_t result = calls_->device_control(
      device_, nullptr, nullptr, r, &request->status, ioctl_poll, &request->info,
      sizeof request->info, &request->info, sizeof request->info);
  return errno_of_status(result);
}

// STATUS_NOT_FOUND: its packet is there already.
void afd_device::cancel_poll(poll_request* r) {
  nt_status_block unused{};
  (void)calls_->cancel(device_, &static_cast<afd_request*>(r)->status, &unused);
}

poll_request* afd_device::request_of(const OVERLAPPED_ENTRY& packet) {
  return reinterpret_cast<poll_request*>(packet.lpOverlapped);
}

// One that was cancelled, or whose socket its owner closed, brings nothing. (The latter is found
// out by who asks again.)
interest afd_device::ready_of(const poll_request* r) {
  const auto* request = static_cast<const afd_request*>(r);
  const int error = errno_of_status(request->status.status);
  if (error != 0) return error == ECANCELED ? interest{0} : all_ready;
  if (request->info.count == 0) return 0;
  const unsigned long events = request->info.handles[0].events;
  return events & afd_local_close ? interest{0} : from_afd(events);
}

}  // namespace eddy::engine
