// Files: opened, read and written, for threads that may wait for a disk.
//
// Handles are synchronous ones: who reads or writes waits, which is what these threads are for. So
// Windows lets the operations on one open file go one after the other, and keeps a place in it.
#include <cerrno>
#include <climits>

#include "base/sys_windows/handles.h"
#include "base/sys_windows/texts.h"

using namespace eddy::engine;
using namespace eddy::engine::sys;

namespace eddy::engine::sys {
namespace {

DWORD clamped(std::size_t size) {
  constexpr std::size_t most = 1 << 30;
  return static_cast<DWORD>(size > most ? most : size);
}

// A request at a place, which leaves where the file stands as it was (of a synchronous handle
// Windows moves it).
class at_place {
 public:
  at_place(HANDLE file, const std::int64_t* offset) : file_(file), is_used_(offset != nullptr) {
    if (!is_used_) return;
    request_.Offset = static_cast<DWORD>(*offset & 0xffffffff);
    request_.OffsetHigh = static_cast<DWORD>(*offset >> 32);
    has_place_ = ::SetFilePointerEx(file_, {}, &before_, FILE_CURRENT);
  }
  ~at_place() {
    const DWORD error = ::GetLastError();
    if (has_place_) ::SetFilePointerEx(file_, before_, nullptr, FILE_BEGIN);
    ::SetLastError(error);
  }
  OVERLAPPED* get() { return is_used_ ? &request_ : nullptr; }

 private:
  HANDLE file_;
  bool is_used_;
  BOOL has_place_ = FALSE;
  LARGE_INTEGER before_{};
  OVERLAPPED request_{};
};

bool is_no_place(const std::int64_t* offset) {
  if (offset == nullptr || *offset >= 0) return false;
  errno = EINVAL;
  return true;
}

bool is_directory(HANDLE file) {
  BY_HANDLE_FILE_INFORMATION about;
  return ::GetFileInformationByHandle(file, &about) &&
         (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

int transfer_failed(HANDLE file) {
  const int error = errno_of_windows(::GetLastError());
  errno = is_directory(file) ? EISDIR : error;
  return -1;
}

DWORD access_of(int flags) {
  switch (flags & (O_RDONLY | O_WRONLY | O_RDWR)) {
    case O_WRONLY:
      return GENERIC_WRITE;
    case O_RDWR:
      return GENERIC_READ | GENERIC_WRITE;
    default:
      return GENERIC_READ;
  }
}

// With the right to append alone, every write goes to the end, whatever else is going on.
DWORD access_to_append(int flags) {
  const DWORD reading = access_of(flags) & GENERIC_READ;
  return reading | (static_cast<DWORD>(FILE_GENERIC_WRITE) & ~DWORD{FILE_WRITE_DATA});
}

DWORD disposition_of(int flags) {
  if ((flags & O_CREAT) == 0) return OPEN_EXISTING;
  return flags & O_EXCL ? CREATE_NEW : OPEN_ALWAYS;
}

HANDLE open_by(const wchar_t* path, int flags, int mode) {
  const bool writes = (flags & (O_WRONLY | O_RDWR)) != 0;
  const bool appends = (flags & O_APPEND) != 0 && (flags & O_TRUNC) == 0;
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  const bool is_read_only = (flags & O_CREAT) != 0 && (mode & 0222) == 0;
  DWORD attributes = is_read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL;
  if (!writes) attributes |= FILE_FLAG_BACKUP_SEMANTICS;  // a directory, too
  return ::CreateFileW(path, appends ? access_to_append(flags) : access_of(flags),
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       flags & O_CLOEXEC ? nullptr : &inherited, disposition_of(flags), attributes,
                       nullptr);
}

int set_end(HANDLE file, std::int64_t size) {
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = size;
  return ::SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) ? 0
                                                                                 : windows_failed();
}

// 0, or the errno.
int finish_open(HANDLE file, int flags) {
  if ((flags & O_DIRECTORY) && !is_directory(file)) return ENOTDIR;
  if ((flags & O_TRUNC) && ::GetFileType(file) == FILE_TYPE_DISK && set_end(file, 0) != 0)
    return errno;
  return 0;
}

}  // namespace

int descriptor_of_file(HANDLE file) {
  const auto number = reinterpret_cast<std::uintptr_t>(file);
  if (number < static_cast<std::uintptr_t>(descriptor_bit)) return descriptor_of_handle(file);
  ::CloseHandle(file);
  errno = EMFILE;
  return -1;
}

std::int64_t read_file(HANDLE file, void* data, std::size_t size, const std::int64_t* offset) {
  if (is_no_place(offset)) return -1;
  DWORD got = 0;
  at_place place(file, offset);
  if (::ReadFile(file, data, clamped(size), &got, place.get())) return got;
  const DWORD error = ::GetLastError();
  if (error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE) return 0;
  return transfer_failed(file);
}

std::int64_t write_file(HANDLE file, const void* data, std::size_t size,
                        const std::int64_t* offset) {
  if (is_no_place(offset)) return -1;
  DWORD put = 0;
  at_place place(file, offset);
  if (::WriteFile(file, data, clamped(size), &put, place.get())) return put;
  return transfer_failed(file);
}

}  // namespace eddy::engine::sys

int open(const char* path, int flags, int mode) {
  array<wchar_t> wide;
  if (!to_wide_path(path, wide)) return -1;
  HANDLE file = open_by(wide.data(), flags, mode);
  if (file == INVALID_HANDLE_VALUE) {
    const DWORD error = ::GetLastError();
    const DWORD attributes = ::GetFileAttributesW(wide.data());
    const bool is_there = attributes != INVALID_FILE_ATTRIBUTES;
    const bool is_folder = is_there && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    errno = error == ERROR_ACCESS_DENIED && is_folder ? EISDIR : errno_of_windows(error);
    return -1;
  }
  if (const int error = finish_open(file, flags)) {
    ::CloseHandle(file);
    errno = error;
    return -1;
  }
  return descriptor_of_file(file);
}

int openat(int, const char* path, int flags, int mode) { return open(path, flags, mode); }

int fsync(int fd) {
  HANDLE file = handle_of_file(fd);
  if (file == INVALID_HANDLE_VALUE) return -1;
  return ::FlushFileBuffers(file) ? 0 : windows_failed();
}

int fdatasync(int fd) { return fsync(fd); }

int ftruncate(int fd, std::int64_t size) {
  HANDLE file = handle_of_file(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : set_end(file, size);
}

// The room first: then what makes the file longer cannot fail for want of it.
int fallocate(int fd, int, std::int64_t offset, std::int64_t size) {
  HANDLE file = handle_of_file(fd);
  if (file == INVALID_HANDLE_VALUE) return -1;
  LARGE_INTEGER length{};
  if (offset < 0 || size <= 0 || offset > INT64_MAX - size) {
    errno = offset < 0 || size <= 0 ? EINVAL : EFBIG;
    return -1;
  }
  if (!::GetFileSizeEx(file, &length)) return windows_failed();
  if (length.QuadPart >= offset + size) return 0;
  FILE_ALLOCATION_INFO room{};
  room.AllocationSize.QuadPart = offset + size;
  // (Where a file system knows nothing of it, as Wine, writing may yet run out of room.)
  if (!::SetFileInformationByHandle(file, FileAllocationInfo, &room, sizeof room) &&
      errno_of_windows(::GetLastError()) == ENOSPC)
    return windows_failed();
  return set_end(file, offset + size);
}

int fchmod(int fd, unsigned mode) {
  HANDLE file = handle_of_file(fd);
  if (file == INVALID_HANDLE_VALUE) return -1;
  FILE_BASIC_INFO about{};
  if (!::GetFileInformationByHandleEx(file, FileBasicInfo, &about, sizeof about))
    return windows_failed();
  FILE_BASIC_INFO wanted{};  // times of 0 are left as they are
  wanted.FileAttributes = about.FileAttributes & ~DWORD{FILE_ATTRIBUTE_READONLY};
  if ((mode & 0222) == 0) wanted.FileAttributes |= FILE_ATTRIBUTE_READONLY;
  if (wanted.FileAttributes == about.FileAttributes) return 0;
  if (wanted.FileAttributes == 0) wanted.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  return ::SetFileInformationByHandle(file, FileBasicInfo, &wanted, sizeof wanted)
             ? 0
             : windows_failed();
}
