// What is done with files by their names, and what the file system knows of them.
#include <sys/sysmacros.h>
#include <winioctl.h>

#include <cerrno>
#include <cstring>

#include "base/sys_windows/handles.h"
#include "base/sys_windows/texts.h"

using namespace eddy::engine;
using namespace eddy::engine::sys;

namespace {

constexpr DWORD right_to_delete = 0x10000;  // DELETE
constexpr DWORD by_anybody = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

// Of SetFileInformationByHandle, from Windows 10 1607 and 1709 on, and newer than these headers: as
// POSIX has it, while others have the file open, and whether or not it may be written.
constexpr auto disposition_ex = static_cast<FILE_INFO_BY_HANDLE_CLASS>(21);
constexpr auto rename_ex = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);
constexpr DWORD delete_it = 0x1, delete_as_posix = 0x2, delete_read_only = 0x10;
constexpr DWORD rename_replaces = 0x1, rename_as_posix = 0x2, rename_read_only = 0x40;

class opened {
 public:
  explicit opened(HANDLE file) : file_(file) {}
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;
  ~opened() {
    const DWORD error = ::GetLastError();
    if (*this) ::CloseHandle(file_);
    ::SetLastError(error);
  }
  explicit operator bool() const { return file_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const { return file_; }

 private:
  HANDLE file_;
};

HANDLE open_for(const wchar_t* path, DWORD access, bool follow) {
  const DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | (follow ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
  return ::CreateFileW(path, access, by_anybody, nullptr, OPEN_EXISTING, flags, nullptr);
}

// The file system does not know how, or Wine does not.
bool is_unknown(DWORD error) {
  return error == ERROR_INVALID_PARAMETER || error == ERROR_NOT_SUPPORTED ||
         error == ERROR_INVALID_FUNCTION || error == ERROR_CALL_NOT_IMPLEMENTED ||
         error == ERROR_INVALID_LEVEL;
}

// In units of 100 ns since 1601.
statx_timestamp to_time(std::int64_t ticks) {
  constexpr std::int64_t in_second = 10'000'000, until_1970 = 11'644'473'600;
  return {ticks / in_second - until_1970, static_cast<std::uint32_t>(ticks % in_second * 100)};
}

std::int64_t joined(DWORD high, DWORD low) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(high) << 32 | low);
}

statx_timestamp to_time(const FILETIME& t) {
  return to_time(joined(t.dwHighDateTime, t.dwLowDateTime));
}

bool is_link(HANDLE file, DWORD attributes) {
  FILE_ATTRIBUTE_TAG_INFO tag{};
  return (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
         ::GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag) &&
         is_tag_of_link(tag.ReparseTag);
}

unsigned mode_of(HANDLE file, DWORD attributes) {
  if (is_link(file, attributes)) return S_IFLNK | 0777;
  if (attributes & FILE_ATTRIBUTE_DIRECTORY) return S_IFDIR | 0777;
  return S_IFREG | (attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666);
}

int ask_about_disk(HANDLE file, struct statx* to) {
  BY_HANDLE_FILE_INFORMATION about;
  FILE_BASIC_INFO times{};
  if (!::GetFileInformationByHandle(file, &about)) return windows_failed();
  to->stx_mode = mode_of(file, about.dwFileAttributes);
  to->stx_nlink = about.nNumberOfLinks;
  to->stx_ino = static_cast<std::uint64_t>(joined(about.nFileIndexHigh, about.nFileIndexLow));
  to->stx_size = static_cast<std::uint64_t>(joined(about.nFileSizeHigh, about.nFileSizeLow));
  to->stx_dev_minor = about.dwVolumeSerialNumber;
  to->stx_atime = to_time(about.ftLastAccessTime);
  to->stx_mtime = to_time(about.ftLastWriteTime);
  to->stx_ctime = to->stx_mtime;
  if (::GetFileInformationByHandleEx(file, FileBasicInfo, &times, sizeof times) &&
      times.ChangeTime.QuadPart != 0)
    to->stx_ctime = to_time(times.ChangeTime.QuadPart);
  return 0;
}

int ask_about(HANDLE file, struct statx* to) {
  *to = {};
  switch (::GetFileType(file)) {
    case FILE_TYPE_DISK:
      return ask_about_disk(file, to);
    case FILE_TYPE_PIPE:
      to->stx_mode = S_IFIFO | 0666;
      return 0;
    case FILE_TYPE_CHAR:
      to->stx_mode = S_IFCHR | 0666;
      return 0;
    default:
      errno = EBADF;
      return -1;
  }
}

// ERROR_INVALID_PARAMETER and the like: not known here.
DWORD rename_as_posix_has_it(const wchar_t* from, const wchar_t* to, bool replace) {
  array<wchar_t> whole;
  array<unsigned char> room;
  if (!to_whole_path(to, whole)) return ERROR_NOT_ENOUGH_MEMORY;
  const std::size_t name_size = (whole.size() - 1) * sizeof(wchar_t);
  const std::size_t size = sizeof(FILE_RENAME_INFO) + name_size;
  if (!room.resize(size, 0)) return ERROR_NOT_ENOUGH_MEMORY;
  const opened file(open_for(from, right_to_delete | SYNCHRONIZE, false));
  if (!file) return ::GetLastError();
  auto* how = reinterpret_cast<FILE_RENAME_INFO*>(room.data());
  how->Flags = rename_as_posix | rename_read_only | (replace ? rename_replaces : 0);
  how->FileNameLength = static_cast<DWORD>(name_size);
  std::memcpy(how->FileName, whole.data(), name_size);
  return ::SetFileInformationByHandle(file.get(), rename_ex, how, static_cast<DWORD>(size))
             ? 0
             : ::GetLastError();
}

int remove_by_handle(const opened& file) {
  DWORD flags = delete_it | delete_as_posix | delete_read_only;
  if (::SetFileInformationByHandle(file.get(), disposition_ex, &flags, sizeof flags)) return 0;
  if (!is_unknown(::GetLastError())) return windows_failed();
  FILE_DISPOSITION_INFO older{TRUE};
  return ::SetFileInformationByHandle(file.get(), FileDispositionInfo, &older, sizeof older)
             ? 0
             : windows_failed();
}

// A link to a directory is a directory there, and says so when it is made.
DWORD kind_of_link(const wchar_t* target, const array<wchar_t>& path) {
  array<wchar_t> there;
  std::size_t folder = 0;
  const bool is_whole = target[0] == L'\\' || (target[0] != 0 && target[1] == L':');
  for (std::size_t i = 0; !is_whole && i < path.size(); ++i)
    if (path[i] == L'\\') folder = i + 1;
  for (std::size_t i = 0; i < folder; ++i)
    if (!there.push_back(path[i])) return 0;
  for (const wchar_t* c = target;; ++c) {
    if (!there.push_back(*c)) return 0;
    if (*c == 0) break;
  }
  const DWORD attributes = ::GetFileAttributesW(there.data());
  const bool is_folder =
      attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
  return is_folder ? SYMBOLIC_LINK_FLAG_DIRECTORY : 0;
}

// What FSCTL_GET_REPARSE_POINT brings ("REPARSE_DATA_BUFFER" of Microsoft's documentation).
struct reparse_data {
  DWORD tag;
  WORD size, reserved;
  WORD real_offset, real_size, shown_offset, shown_size;
  unsigned char rest[MAXIMUM_REPARSE_DATA_BUFFER_SIZE - 16];
};

bool target_of(const reparse_data& link, array<char>& target) {
  // A symbolic link has flags before its names.
  const std::size_t begin = link.tag == IO_REPARSE_TAG_SYMLINK ? 4 : 0;
  const bool is_shown = link.shown_size != 0;
  const std::size_t at = begin + (is_shown ? link.shown_offset : link.real_offset);
  const std::size_t size = is_shown ? link.shown_size : link.real_size;
  array<wchar_t> wide;
  if (at + size > sizeof link.rest || !wide.resize(size / sizeof(wchar_t), 0)) return false;
  std::memcpy(wide.data(), link.rest + at, size);
  return to_utf8(wide.data(), wide.size(), target);
}

}  // namespace

namespace eddy::engine::sys {

int ask_about_file(HANDLE file, struct stat* to) {
  struct statx about;
  if (ask_about(file, &about) != 0) return -1;
  *to = {};
  to->st_mode = static_cast<unsigned short>(about.stx_mode);
  to->st_nlink = static_cast<short>(about.stx_nlink);
  to->st_dev = to->st_rdev = about.stx_dev_minor;
  to->st_size = static_cast<std::int64_t>(about.stx_size);
  to->st_atime = about.stx_atime.tv_sec;
  to->st_mtime = about.stx_mtime.tv_sec;
  to->st_ctime = about.stx_ctime.tv_sec;
  return 0;
}

}  // namespace eddy::engine::sys

int statx(int directory, const char* path, int flags, unsigned, struct statx* about) {
  if (*path == '\0' && (flags & AT_EMPTY_PATH) != 0) {
    HANDLE file = handle_of_file(directory);
    return file == INVALID_HANDLE_VALUE ? -1 : ask_about(file, about);
  }
  array<wchar_t> wide;
  if (!to_wide_path(path, wide)) return -1;
  const bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
  const opened file(open_for(wide.data(), FILE_READ_ATTRIBUTES, follow));
  return file ? ask_about(file.get(), about) : windows_failed();
}

int renameat2(int, const char* from, int, const char* to, unsigned flags) {
  array<wchar_t> old_name, new_name;
  if (!to_wide_path(from, old_name) || !to_wide_path(to, new_name)) return -1;
  const bool replace = (flags & RENAME_NOREPLACE) == 0;
  const DWORD error = rename_as_posix_has_it(old_name.data(), new_name.data(), replace);
  if (error == 0) return 0;
  if (!is_unknown(error)) {
    errno = errno_of_windows(error);
    return -1;
  }
  const DWORD how = MOVEFILE_WRITE_THROUGH | (replace ? MOVEFILE_REPLACE_EXISTING : 0);
  return ::MoveFileExW(old_name.data(), new_name.data(), how) ? 0 : windows_failed();
}

int unlinkat(int, const char* path, int flags) {
  array<wchar_t> wide;
  if (!to_wide_path(path, wide)) return -1;
  const DWORD access = right_to_delete | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
  const opened file(open_for(wide.data(), access, false));
  struct statx about;
  if (!file) return windows_failed();
  if (ask_about(file.get(), &about) != 0) return -1;
  const bool is_directory = (about.stx_mode & S_IFMT) == S_IFDIR;
  const bool wants_directory = (flags & AT_REMOVEDIR) != 0;
  if (is_directory == wants_directory) return remove_by_handle(file);
  errno = is_directory ? EISDIR : ENOTDIR;
  return -1;
}

int unlink(const char* path) { return unlinkat(AT_FDCWD, path, 0); }

int mkdirat(int, const char* path, int) {
  array<wchar_t> wide;
  if (!to_wide_path(path, wide)) return -1;
  return ::CreateDirectoryW(wide.data(), nullptr) ? 0 : windows_failed();
}

int link(const char* path, const char* other_name) {
  array<wchar_t> old_name, new_name;
  if (!to_wide_path(path, old_name) || !to_wide_path(other_name, new_name)) return -1;
  return ::CreateHardLinkW(new_name.data(), old_name.data(), nullptr) ? 0 : windows_failed();
}

int symlink(const char* target, const char* path) {
  constexpr DWORD without_privilege = 0x2;  // from Windows 10 1703 on
  array<wchar_t> says, wide;
  if (!to_wide(target, says) || !to_wide_path(path, wide)) return -1;
  for (wchar_t& c : says)
    if (c == L'/') c = L'\\';  // what a link says is taken as it stands
  const DWORD kind = kind_of_link(says.data(), wide);
  if (::CreateSymbolicLinkW(wide.data(), says.data(), kind | without_privilege)) return 0;
  if (::GetLastError() != ERROR_INVALID_PARAMETER) return windows_failed();
  return ::CreateSymbolicLinkW(wide.data(), says.data(), kind) ? 0 : windows_failed();
}

ssize_t readlink(const char* path, char* target, std::size_t size) {
  array<wchar_t> wide;
  array<char> text;
  array<reparse_data> link;
  if (!to_wide_path(path, wide)) return -1;
  const opened file(open_for(wide.data(), FILE_READ_ATTRIBUTES, false));
  if (!file) return windows_failed();
  if (!link.resize(1, {})) {
    errno = ENOMEM;
    return -1;
  }
  DWORD got = 0;
  if (!::DeviceIoControl(file.get(), FSCTL_GET_REPARSE_POINT, nullptr, 0, link.data(),
                         sizeof link[0], &got, nullptr))
    return windows_failed();
  if (!target_of(link[0], text)) return -1;
  const std::size_t taken = text.size() < size ? text.size() : size;
  std::memcpy(target, text.data(), taken);
  return static_cast<ssize_t>(taken);
}
