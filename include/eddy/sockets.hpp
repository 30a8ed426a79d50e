// eddy/sockets.hpp - the system's own types that eddy's headers name: addresses, pieces of memory,
// messages.
//
// On POSIX systems those of <sys/socket.h>, <sys/un.h> and <sys/uio.h>. On Windows those of Winsock
// (which comes without <windows.h>'s own sockets, so include this first), and two of ours for what
// it has not: `eddy::iovec`, `eddy::msghdr`. A socket is an int there, too: the numbers of kernel
// objects fit into 32 bits on every Windows, as Microsoft promises ("Interprocess Communication
// Between 32-bit and 64-bit Applications"), and eddy refuses one that does not (EMFILE).
#pragma once

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>

#include <afunix.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#ifndef EVBUFFER_IOVEC_DEFINED_
#define EVBUFFER_IOVEC_DEFINED_
// A piece of memory; <event2/buffer.h> has the same.
struct evbuffer_iovec {
  void* iov_base;
  std::size_t iov_len;
};
#endif

namespace eddy {

using iovec = ::evbuffer_iovec;
// (Nobody has such numbers there.)
using uid_t = int;
using gid_t = int;

// A datagram and where it goes to or came from, as recvmsg and sendmsg of POSIX have it.
struct msghdr {
  void* msg_name;
  socklen_t msg_namelen;
  evbuffer_iovec* msg_iov;
  std::size_t msg_iovlen;
  void* msg_control;
  std::size_t msg_controllen;
  int msg_flags;
};

// A file's descriptor is its handle with a bit that no handle has (16 million are the most that a
// process can have), so that it is no socket's number, nor one of the C library's.
inline constexpr int descriptor_bit = 1 << 30;
// Of a HANDLE of CreateFileW, to be given to `file` and the like, whose it is from then on.
inline int descriptor_of_handle(void* handle) noexcept {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(handle)) | descriptor_bit;
}
// The HANDLE of what `file::native_handle` gives.
inline void* handle_of_descriptor(int fd) noexcept {
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(fd & ~descriptor_bit));
}

}  // namespace eddy
#else
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#endif
