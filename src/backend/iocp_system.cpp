#include "backend/iocp_system.h"

#include <cerrno>
#include <cstring>

namespace eddy::engine {
namespace {

struct status_row {
  std::uint32_t status;
  int error;
};

// Those that AFD and its transports end with; see [MS-ERREF] 2.3.1.
constexpr status_row statuses[] = {
    {0xc0000120, ECANCELED},        // CANCELLED
    {0x8000000a, ECANCELED},        // Wine, of a socket that its owner closed
    {0xc0000008, EBADF},            // INVALID_HANDLE
    {0xc0000005, EFAULT},           // ACCESS_VIOLATION
    {0xc000000d, EINVAL},           // INVALID_PARAMETER
    {0xc0000010, EOPNOTSUPP},       // INVALID_DEVICE_REQUEST
    {0xc0000011, EPIPE},            // END_OF_FILE
    {0xc0000017, ENOMEM},           // NO_MEMORY
    {0xc0000022, EACCES},           // ACCESS_DENIED
    {0xc0000043, EADDRINUSE},       // SHARING_VIOLATION
    {0xc000009a, ENOBUFS},          // INSUFFICIENT_RESOURCES
    {0xc00000a1, ENOBUFS},          // WORKING_SET_QUOTA
    {0xc00000b5, ETIMEDOUT},        // IO_TIMEOUT
    {0xc00000bb, EOPNOTSUPP},       // NOT_SUPPORTED
    {0xc0000102, ETIMEDOUT},        // TIMEOUT
    {0xc0000140, ENOTCONN},         // INVALID_CONNECTION
    {0xc0000141, EADDRNOTAVAIL},    // INVALID_ADDRESS
    {0xc0000184, EINVAL},           // INVALID_DEVICE_STATE
    {0xc0000203, ECONNABORTED},     // (what was closed meanwhile)
    {0xc000013b, ECONNABORTED},     // LOCAL_DISCONNECT
    {0xc000013c, ECONNRESET},       // REMOTE_DISCONNECT
    {0xc0000207, EADDRNOTAVAIL},    // INVALID_ADDRESS_COMPONENT
    {0xc0000209, ENOBUFS},          // TOO_MANY_ADDRESSES
    {0xc000020a, EADDRINUSE},       // ADDRESS_ALREADY_EXISTS
    {0xc000020b, ECONNABORTED},     // ADDRESS_CLOSED
    {0xc000020c, ECONNABORTED},     // CONNECTION_DISCONNECTED
    {0xc000020d, ECONNRESET},       // CONNECTION_RESET
    {0xc0000236, ECONNREFUSED},     // CONNECTION_REFUSED
    {0xc0000237, EPIPE},            // GRACEFUL_DISCONNECT
    {0xc0000239, EADDRNOTAVAIL},    // ADDRESS_NOT_ASSOCIATED
    {0xc000023b, ENOTCONN},         // CONNECTION_INVALID
    {0xc000023c, ENETUNREACH},      // NETWORK_UNREACHABLE
    {0xc000023d, EHOSTUNREACH},     // HOST_UNREACHABLE
    {0xc000023e, EPROTONOSUPPORT},  // PROTOCOL_UNREACHABLE
    {0xc000023f, ECONNREFUSED},     // PORT_UNREACHABLE
    {0xc0000240, ECONNABORTED},     // REQUEST_ABORTED
    {0xc0000241, ECONNABORTED},     // CONNECTION_ABORTED
    {0x80000005, EMSGSIZE},         // BUFFER_OVERFLOW: a datagram was cut off
};

template <class Function>
bool find(HMODULE library, const char* name, Function*& out) {
  const FARPROC found = ::GetProcAddress(library, name);
  static_assert(sizeof found == sizeof out);
  std::memcpy(&out, &found, sizeof out);
  return found != nullptr;
}

template <class Function>
bool find(SOCKET by, GUID which, Function& out) {
  DWORD size = 0;
  return ::WSAIoctl(by, SIO_GET_EXTENSION_FUNCTION_POINTER, &which, sizeof which, &out, sizeof out,
                    &size, nullptr, nullptr) == 0;
}

const char* find_all(iocp_calls& calls) {
  const HMODULE ntdll = ::GetModuleHandleW(L"ntdll.dll");
  if (ntdll == nullptr || !find(ntdll, "NtCreateFile", calls.create_file) ||
      !find(ntdll, "NtDeviceIoControlFile", calls.device_control) ||
      !find(ntdll, "NtCancelIoFileEx", calls.cancel))
    return "ntdll.dll lacks NtCreateFile, NtDeviceIoControlFile or NtCancelIoFileEx";
  const SOCKET by = ::WSASocketW(AF_INET, SOCK_STREAM, 0, nullptr, 0, WSA_FLAG_OVERLAPPED);
  if (by == INVALID_SOCKET) return "no socket to ask for AcceptEx and ConnectEx could be made";
  const bool found =
      find(by, WSAID_ACCEPTEX, calls.accept) && find(by, WSAID_CONNECTEX, calls.connect);
  ::closesocket(by);
  return found ? nullptr : "Winsock has no AcceptEx or ConnectEx";
}

}  // namespace

const iocp_calls* find_iocp_calls(const char** why) {
  struct found {
    iocp_calls calls{};
    const char* missing;
    found() : missing(find_all(calls)) {}
  };
  static const found once;
  *why = once.missing;
  return once.missing == nullptr ? &once.calls : nullptr;
}

void post_wake(int port) {
  (void)::PostQueuedCompletionStatus(reinterpret_cast<HANDLE>(static_cast<std::intptr_t>(port)), 0,
                                     0, nullptr);
}

int errno_of_status(std::int32_t status) {
  if (status >= 0) return 0;
  for (const status_row& row : statuses)
    if (row.status == static_cast<std::uint32_t>(status)) return row.error;
  return EIO;
}

}  // namespace eddy::engine
