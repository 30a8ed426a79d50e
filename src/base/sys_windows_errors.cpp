// Winsock's error codes and errno; see "Windows Sockets Error Codes" of Microsoft's documentation.
#include <cerrno>

#include "base/sys_windows/errors.h"

namespace eddy::engine::sys {
namespace {

struct pair {
  int winsock;
  int posix;
};

// Of several rows for one of them, the first counts.
constexpr pair pairs[] = {
    {WSAEINTR, EINTR},
    {WSAEBADF, EBADF},
    {WSAEACCES, EACCES},
    {WSAEFAULT, EFAULT},
    {WSAEINVAL, EINVAL},
    {WSAEMFILE, EMFILE},
    {WSAEWOULDBLOCK, EAGAIN},
    {WSAEWOULDBLOCK, EWOULDBLOCK},
    {WSAEINPROGRESS, EINPROGRESS},
    {WSAEALREADY, EALREADY},
    {WSAENOTSOCK, ENOTSOCK},
    {WSAEDESTADDRREQ, EDESTADDRREQ},
    {WSAEMSGSIZE, EMSGSIZE},
    {WSAEPROTOTYPE, EPROTOTYPE},
    {WSAENOPROTOOPT, ENOPROTOOPT},
    {WSAEPROTONOSUPPORT, EPROTONOSUPPORT},
    {WSAESOCKTNOSUPPORT, ESOCKTNOSUPPORT},
    {WSAEOPNOTSUPP, EOPNOTSUPP},
    {WSAEPFNOSUPPORT, EPFNOSUPPORT},
    {WSAEAFNOSUPPORT, EAFNOSUPPORT},
    {WSAEADDRINUSE, EADDRINUSE},
    {WSAEADDRNOTAVAIL, EADDRNOTAVAIL},
    {WSAENETDOWN, ENETDOWN},
    {WSAENETUNREACH, ENETUNREACH},
    {WSAENETRESET, ENETRESET},
    {WSAECONNABORTED, ECONNABORTED},
    {WSAECONNRESET, ECONNRESET},
    {WSAENOBUFS, ENOBUFS},
    {WSAEISCONN, EISCONN},
    {WSAENOTCONN, ENOTCONN},
    {WSAESHUTDOWN, EPIPE},  // sending after the end was sent; POSIX has one name for both
    {WSAETIMEDOUT, ETIMEDOUT},
    {WSAECONNREFUSED, ECONNREFUSED},
    {WSAELOOP, ELOOP},
    {WSAENAMETOOLONG, ENAMETOOLONG},
    {WSAEHOSTDOWN, EHOSTDOWN},
    {WSAEHOSTUNREACH, EHOSTUNREACH},
    {WSAENOTEMPTY, ENOTEMPTY},
    {WSAESTALE, ESTALE},
    {WSAEDQUOT, EDQUOT},
    {WSANOTINITIALISED, EIO},
    {WSA_NOT_ENOUGH_MEMORY, ENOMEM},
    {WSA_INVALID_HANDLE, EBADF},
    {WSA_INVALID_PARAMETER, EINVAL},
    {WSA_OPERATION_ABORTED, ECANCELED},
    {WSAECANCELLED, ECANCELED},
    {WSAEDISCON, EPIPE},
    // What completions bring are codes of Windows itself.
    {ERROR_NETNAME_DELETED, ECONNRESET},
    {ERROR_CONNECTION_REFUSED, ECONNREFUSED},
    {ERROR_CONNECTION_ABORTED, ECONNABORTED},
    {ERROR_NETWORK_UNREACHABLE, ENETUNREACH},
    {ERROR_HOST_UNREACHABLE, EHOSTUNREACH},
    {ERROR_PORT_UNREACHABLE, ECONNREFUSED},
    {ERROR_SEM_TIMEOUT, ETIMEDOUT},
    {ERROR_MORE_DATA, EMSGSIZE},
    {ERROR_HANDLE_EOF, EPIPE},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_NOT_SUPPORTED, ENOTSUP},
    {ERROR_CALL_NOT_IMPLEMENTED, ENOSYS},
};

}  // namespace

int errno_of_winsock(int code) {
  if (code == 0) return 0;
  for (const pair& p : pairs)
    if (p.winsock == code) return p.posix;
  return EIO;
}

int winsock_of_errno(int error) {
  if (error == 0) return 0;
  for (const pair& p : pairs)
    if (p.posix == error) return p.winsock;
  return error == ENOTSUP ? WSAEOPNOTSUPP : WSASYSCALLFAILURE;
}

int winsock_failed() {
  errno = errno_of_winsock(::WSAGetLastError());
  return -1;
}

}  // namespace eddy::engine::sys
