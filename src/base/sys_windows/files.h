// Files, and what is done by name. Paths are UTF-8, with '/' or '\'.
//
// The descriptor of a file that is opened here is made of its handle (see eddy/sockets.hpp), so
// that it is neither a socket's number nor one of the C library's files, which are taken as well.
#pragma once

#undef PATH_MAX
#define PATH_MAX 32768

#define O_DIRECTORY 0x02000000
#define AT_FDCWD (-100)  // the only directory that names are relative to
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_EMPTY_PATH 0x1000
#define RENAME_NOREPLACE 1
#define STATX_BASIC_STATS 0x7ff

#ifndef S_IFLNK
#define S_IFLNK 0xA000
#endif

struct statx_timestamp {
  std::int64_t tv_sec;
  std::uint32_t tv_nsec;
};
struct statx {
  std::uint32_t stx_mode;
  std::uint32_t stx_nlink;
  std::uint32_t stx_uid, stx_gid;  // 0: there are no such numbers
  std::uint64_t stx_ino;
  std::uint64_t stx_size;
  std::uint32_t stx_dev_major, stx_dev_minor;
  statx_timestamp stx_atime, stx_mtime, stx_ctime;
};

// Others may read, write, rename and remove what is open. Of the mode counts whether anybody may
// write.
int open(const char* path, int flags, int mode = 0666);
int openat(int directory, const char* path, int flags, int mode = 0666);
int fsync(int fd);
int fdatasync(int fd);
// (There is a macro of this name.)
#undef ftruncate
int ftruncate(int fd, std::int64_t size);
// Makes the file longer; never shorter, and no holes are filled.
int fallocate(int fd, int mode, std::int64_t offset, std::int64_t size);
int fchmod(int fd, unsigned mode);

int statx(int directory, const char* path, int flags, unsigned mask, struct statx* about);
int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags);
int unlinkat(int directory, const char* path, int flags);
int unlink(const char* path);
int mkdirat(int directory, const char* path, int mode);
int link(const char* path, const char* other_name);
// EPERM: the user may not make any, which Windows grants in its "developer mode".
int symlink(const char* target, const char* path);
ssize_t readlink(const char* path, char* target, std::size_t size);
