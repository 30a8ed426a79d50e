// Descriptors and the handles behind them; errors of Windows itself.
#pragma once

#include <eddy/sockets.hpp>

#include <atomic>
#include <cstdint>

namespace eddy::engine::sys {

inline SOCKET socket_of(int fd) { return fd < 0 ? INVALID_SOCKET : static_cast<SOCKET>(fd); }
// Told each socket's number before `close` closes it; null: nobody is.
inline std::atomic<void (*)(int fd)> socket_closes{nullptr};
// Of a socket that was just made; -1, and it is closed, where its number does not fit, or where
// none was made.
int descriptor_of_socket(SOCKET made);
// A file of ours or of the C library; INVALID_HANDLE_VALUE, with EBADF: none.
HANDLE handle_of_file(int fd);
// Of a file that was just opened; -1, and it is closed, where its number does not fit.
int descriptor_of_file(HANDLE file);
// Of whatever it is.
HANDLE handle_of_any(int fd);
bool is_socket(int fd);
bool is_file(int fd);

// Where the file stands, or (not null) at that place.
std::int64_t read_file(HANDLE file, void* data, std::size_t size, const std::int64_t* offset);
std::int64_t write_file(HANDLE file, const void* data, std::size_t size,
                        const std::int64_t* offset);
// As fstat(2).
int ask_about_file(HANDLE file, struct stat* about);

// Whether it says that a name is one of another file: a symbolic link, or what was there before
// them (a junction).
inline bool is_tag_of_link(DWORD tag) {
  return tag == IO_REPARSE_TAG_SYMLINK || tag == IO_REPARSE_TAG_MOUNT_POINT;
}

// What a code of GetLastError() is called in POSIX; EIO for what has no name there.
int errno_of_windows(unsigned long code);
// Puts what Windows said last into errno, and returns -1.
int windows_failed();

}  // namespace eddy::engine::sys
