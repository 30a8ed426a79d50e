// Error codes of Winsock and of Windows, and errno; see "Windows Sockets Error Codes" and "System
// Error Codes" of Microsoft's documentation.
#include <cerrno>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/handles.h"

namespace eddy::engine::sys {
namespace {

struct pair {
  int windows;
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
    // What overlapped requests are refused with where memory is short.
    {ERROR_NO_SYSTEM_RESOURCES, ENOBUFS},
    {ERROR_NONPAGED_SYSTEM_RESOURCES, ENOBUFS},
    {ERROR_PAGED_SYSTEM_RESOURCES, ENOBUFS},
    {ERROR_WORKING_SET_QUOTA, ENOBUFS},
    {ERROR_COMMITMENT_LIMIT, ENOMEM},
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

// Of files and programs, and where the same code says something else than of a socket.
constexpr pair of_files[] = {
    {ERROR_INVALID_FUNCTION, EINVAL},
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_CURRENT_DIRECTORY, EBUSY},
    {ERROR_NOT_SAME_DEVICE, EXDEV},
    {ERROR_WRITE_PROTECT, EROFS},
    {ERROR_SHARING_VIOLATION, EBUSY},
    {ERROR_LOCK_VIOLATION, EBUSY},
    {ERROR_HANDLE_DISK_FULL, ENOSPC},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_INVALID_NAME, EINVAL},
    {ERROR_NEGATIVE_SEEK, EINVAL},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_PATH_BUSY, EBUSY},
    {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_BUSY, EBUSY},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_BAD_EXE_FORMAT, ENOEXEC},
    {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    {ERROR_FILE_TOO_LARGE, EFBIG},
    {ERROR_DIRECTORY, ENOTDIR},
    {740, EPERM},  // ERROR_ELEVATION_REQUIRED
    {ERROR_TOO_MANY_LINKS, EMLINK},
    {ERROR_NO_UNICODE_TRANSLATION, EILSEQ},
    {ERROR_PRIVILEGE_NOT_HELD, EPERM},
    {ERROR_CANT_RESOLVE_FILENAME, ELOOP},
    {ERROR_NOT_A_REPARSE_POINT, EINVAL},
    {ERROR_INSUFFICIENT_BUFFER, ENAMETOOLONG},
    {ERROR_DELETE_PENDING, ENOENT},
};

}  // namespace

int errno_of_windows(unsigned long code) {
  for (const pair& p : of_files)
    if (static_cast<unsigned long>(p.windows) == code) return p.posix;
  return errno_of_winsock(static_cast<int>(code));
}

int windows_failed() {
  errno = errno_of_windows(::GetLastError());
  return -1;
}

int errno_of_winsock(int code) {
  if (code == 0) return 0;
  for (const pair& p : pairs)
    if (p.windows == code) return p.posix;
  return EIO;
}

int winsock_of_errno(int error) {
  if (error == 0) return 0;
  for (const pair& p : pairs)
    if (p.posix == error) return p.windows;
  return error == ENOTSUP ? WSAEOPNOTSUPP : WSASYSCALLFAILURE;
}

int winsock_failed() {
  errno = errno_of_winsock(::WSAGetLastError());
  return -1;
}

}  // namespace eddy::engine::sys
