// Winsock's errors for programs: EVUTIL_SOCKET_ERROR() and what belongs to it.
#include <event2/util.h>

#include "base/sys_windows/errors.h"

extern "C" {

// What the last call on it left for whoever asks later, or else what the thread's last call said.
int evutil_socket_geterror_(evutil_socket_t sock) {
  const int last = ::WSAGetLastError();
  int pending = 0, size = sizeof pending;
  if (last == WSAEWOULDBLOCK &&
      ::getsockopt(static_cast<SOCKET>(sock), SOL_SOCKET, SO_ERROR,
                   reinterpret_cast<char*>(&pending), &size) == 0 &&
      pending != 0)
    return pending;
  return last;
}

// The same texts as on every system.
const char* evutil_socket_error_to_string_(int errcode) {
  return eddy::engine::sys::text_of_errno(eddy::engine::sys::errno_of_winsock(errcode));
}

}  // extern "C"
