// What completion ports need of Windows beyond <winsock2.h>: calls of ntdll, which no import
// library of an older system has, and those that Winsock hands out by a socket.
#pragma once

#include <winsock2.h>

#include <mswsock.h>

#include <cstdint>

namespace eddy::engine {

// IO_STATUS_BLOCK, OBJECT_ATTRIBUTES and UNICODE_STRING, which <winternl.h> has with much else.
struct nt_status_block {
  union {
    std::int32_t status;
    void* unused;
  };
  std::uintptr_t information;
};
struct nt_string {
  unsigned short size;
  unsigned short room;
  const wchar_t* text;
};
struct nt_object {
  unsigned long size;
  void* root;
  const nt_string* name;
  unsigned long attributes;
  void* security;
  void* quality;
};

constexpr std::int32_t nt_pending = 0x103;

struct iocp_calls {
  std::int32_t(NTAPI* create_file)(HANDLE* made, unsigned long access, const nt_object* which,
                                   nt_status_block* status, void* size, unsigned long attributes,
                                   unsigned long shared, unsigned long disposition,
                                   unsigned long options, void* more, unsigned long more_size);
  std::int32_t(NTAPI* device_control)(HANDLE device, HANDLE event, void* routine, void* context,
                                      nt_status_block* status, unsigned long code, void* in,
                                      unsigned long in_size, void* out, unsigned long out_size);
  std::int32_t(NTAPI* cancel)(HANDLE device, nt_status_block* which, nt_status_block* status);
  LPFN_ACCEPTEX accept;
  LPFN_CONNECTEX connect;
};

// Null where one of them is missing; `why` then says which.
const iocp_calls* find_iocp_calls(const char** why);

// Ends a wait on a port, which its number stands for: handles of kernel objects fit into 32 bits.
// Keeps errno, and takes no lock of the program's.
inline int number_of_port(HANDLE port) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(port));
}
void post_wake(int port);

// The errno of what a request ended with (NTSTATUS); 0 for what went well.
int errno_of_status(std::int32_t status);

}  // namespace eddy::engine
