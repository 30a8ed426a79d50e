// Winsock's error codes as errno values, and back.
#pragma once

namespace eddy::engine::sys {

// What a code of WSAGetLastError() is called in POSIX; EIO for what has no name there.
int errno_of_winsock(int code);
// The other way; 0 stays 0, and what Winsock cannot say is WSASYSCALLFAILURE.
int winsock_of_errno(int error);

// What it says to people; lives for ever.
const char* text_of_errno(int error);

// Puts what Winsock said last into errno, and returns -1.
int winsock_failed();

}  // namespace eddy::engine::sys
