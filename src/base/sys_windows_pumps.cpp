#include "base/sys_windows/pumps.h"

#include <cerrno>

#include "base/memory.h"

namespace eddy::engine::sys {
namespace {

struct pump {
  HANDLE file;
  SOCKET socket;
  char bytes[16 << 10];

  // 0 at the end.
  DWORD read_file() {
    DWORD got = 0;
    for (;;) {
      ::SetLastError(0);
      if (!::ReadFile(file, bytes, sizeof bytes, &got, nullptr)) return 0;
      // (Ctrl-C ends the reading of a console like this; Ctrl-Z at the begin of a line is an end.)
      if (got != 0 || ::GetLastError() != ERROR_OPERATION_ABORTED) return got;
    }
  }
  bool send_all(DWORD size) {
    for (DWORD done = 0; done < size;) {
      const int sent = ::send(socket, bytes + done, static_cast<int>(size - done), 0);
      if (sent <= 0) return false;
      done += static_cast<DWORD>(sent);
    }
    return true;
  }
  bool write_all(DWORD size) {
    for (DWORD done = 0; done < size;) {
      DWORD put = 0;
      if (!::WriteFile(file, bytes + done, size - done, &put, nullptr)) return false;
      done += put;
    }
    return true;
  }
};

DWORD finish(pump* p) {
  ::CloseHandle(p->file);
  ::closesocket(p->socket);
  memory::release(p);
  return 0;
}

DWORD WINAPI to_socket(void* argument) {
  auto* p = static_cast<pump*>(argument);
  DWORD got = 0;
  while ((got = p->read_file()) != 0 && p->send_all(got)) {
  }
  return finish(p);
}

DWORD WINAPI from_socket(void* argument) {
  auto* p = static_cast<pump*>(argument);
  int got = 0;
  while ((got = ::recv(p->socket, p->bytes, static_cast<int>(sizeof p->bytes), 0)) > 0 &&
         p->write_all(static_cast<DWORD>(got))) {
  }
  return finish(p);
}

int start(HANDLE file, SOCKET socket, LPTHREAD_START_ROUTINE run) {
  auto* p = static_cast<pump*>(memory::allocate(sizeof(pump)));
  if (p == nullptr) {
    ::CloseHandle(file);
    ::closesocket(socket);
    return ENOMEM;
  }
  p->file = file;
  p->socket = socket;
  constexpr SIZE_T stack = 64 << 10;
  HANDLE thread =
      ::CreateThread(nullptr, stack, run, p, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == nullptr) {
    finish(p);
    return EAGAIN;
  }
  ::CloseHandle(thread);
  return 0;
}

}  // namespace

int pump_to_socket(HANDLE from, SOCKET to) { return start(from, to, to_socket); }
int pump_from_socket(SOCKET from, HANDLE to) { return start(to, from, from_socket); }

}  // namespace eddy::engine::sys
