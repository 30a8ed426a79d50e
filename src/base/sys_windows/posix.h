// POSIX's words on Windows, so that everything above src/base is one text for every system.
//
// The build puts this file in front of every source of the engine and of the tests, and the folder
// beside it, which has the headers that mingw-w64 lacks, on the include path. Sockets are ints;
// errors are errno values; a function that takes a descriptor takes sockets and the C library's
// files alike (a number is first tried as a socket: files have small numbers, sockets multiples of
// four that begin above those which the process was born with). What has no meaning here fails with
// ENOSYS.
#pragma once

// Winsock's and the C library's functions of these names are not what POSIX means by them.
#define socket winsock_socket
#define pollfd winsock_pollfd
#define close msvcrt_close
#define read msvcrt_read
#define write msvcrt_write
#define dup msvcrt_dup
#define dup2 msvcrt_dup2
#define open msvcrt_open
#define unlink msvcrt_unlink
#include <winsock2.h>

#include <afunix.h>
#include <fcntl.h>
#include <io.h>
#include <netioapi.h>
#include <ws2tcpip.h>
#undef socket
#undef pollfd
#undef close
#undef read
#undef write
#undef dup
#undef dup2
#undef open
#undef unlink

#define _POSIX_THREAD_SAFE_FUNCTIONS 200112L  // gmtime_r
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <eddy/sockets.hpp>

#include <cstddef>
#include <cstdint>

// Macros of Windows that are ordinary words here.
#undef near
#undef far
#undef NEAR
#undef FAR
#define NEAR
#define FAR
#undef interface
#undef ERROR
#undef DELETE
#undef min
#undef max

#define iovec evbuffer_iovec
using eddy::msghdr;
struct mmsghdr {
  msghdr msg_hdr;
  unsigned msg_len;
};

// What goes beside bytes: nothing does. Who sends such a message is told EOPNOTSUPP, as is who asks
// for these two options of sockets.
struct cmsghdr {
  std::size_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};
struct ucred {
  pid_t pid;
  eddy::uid_t uid;
  eddy::gid_t gid;
};
#define CMSG_LEN(size) (sizeof(cmsghdr) + (size))
#define CMSG_SPACE(size) (sizeof(cmsghdr) + ((size) + 7) / 8 * 8)
#undef CMSG_DATA
#define CMSG_DATA(header) (reinterpret_cast<unsigned char*>((header) + 1))
#define CMSG_FIRSTHDR(message)                           \
  ((message)->msg_controllen < sizeof(cmsghdr) ? nullptr \
                                               : static_cast<cmsghdr*>((message)->msg_control))
#define CMSG_NXTHDR(message, header) (static_cast<cmsghdr*>(nullptr))
#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define MSG_CMSG_CLOEXEC 0
#define SO_PASSCRED 0x0e03
#define SO_PEERCRED 0x0e04

using suseconds_t = long;
using sigset_t = _sigset_t;
using sa_family_t = ADDRESS_FAMILY;
using in_addr_t = std::uint32_t;
using id_t = unsigned;

// Errors that this C library has no name for, with numbers that it does not use.
#define ESTALE 160
#define EHOSTDOWN 161
#define ENONET 162
#define ESOCKTNOSUPPORT 163
#define EPFNOSUPPORT 164
#define ESHUTDOWN 165
#define ETOOMANYREFS 166
#define EDQUOT 167

// Flags. None has the place of one of the system's.
#define SOCK_NONBLOCK 0x01000000
#define SOCK_CLOEXEC 0x02000000
#define O_NONBLOCK 0x01000000
#define O_CLOEXEC _O_NOINHERIT
#define MSG_DONTWAIT 0x01000000
#define MSG_NOSIGNAL 0x02000000
#ifndef MSG_TRUNC
#define MSG_TRUNC 0x0100
#define MSG_CTRUNC 0x0200
#endif
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
// Options of sockets that Windows has not, by numbers that it does not have: setsockopt refuses the
// first with ENOPROTOOPT, and takes the second for done, being only about speed.
#define SO_REUSEPORT 0x0e01
#define TCP_DEFER_ACCEPT 0x0e02

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC 1
#define PIPE_BUF 4096

#undef POLLIN
#undef POLLPRI
#undef POLLOUT
#undef POLLERR
#undef POLLHUP
#undef POLLNVAL
#define POLLIN 0x01
#define POLLPRI 0x02
#define POLLOUT 0x04
#define POLLERR 0x08
#define POLLHUP 0x10
#define POLLNVAL 0x20
#define POLLRDHUP 0x2000
struct pollfd {
  int fd;
  short events;
  short revents;
};

#ifndef S_IFSOCK
#define S_IFSOCK 0xC000
#endif
#ifndef S_ISSOCK
#define S_ISSOCK(mode) (((mode)&S_IFMT) == S_IFSOCK)
#endif
#undef fstat

#define EAI_SYSTEM (-911)  // no function here returns it
#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY (-901)
#endif

#define CLOCK_MONOTONIC_COARSE CLOCK_MONOTONIC

#define _SC_PAGESIZE 30
#define PROT_READ 1
#define MAP_PRIVATE 2
#define MAP_FAILED (reinterpret_cast<void*>(-1))

#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#define TCP_KEEPCNT 16
#define TCP_KEEPINTVL 17
#endif

// An interface by its number, which Windows takes in the place of one of its addresses.
struct ip_mreqn {
  in_addr imr_multiaddr;
  in_addr imr_address;
  int imr_ifindex;
};

#define evthread_use_pthreads evthread_use_windows_threads

#define SIGKILL 9
#define SIGCHLD 17  // never comes
#define SIG_SETMASK 2
#define SA_RESTART 1
#define SA_RESETHAND 2  // what signal() of the C library does with its handlers
#undef pthread_sigmask
inline int pthread_sigmask(int, const sigset_t*, sigset_t*) { return 0; }  // no thread is chosen
struct sigaction {
  void (*sa_handler)(int);
  int sa_flags;
  sigset_t sa_mask;
};

// Sockets. Winsock declares functions of most of these names for SOCKETs; these, for ints, set
// errno.
int socket(int family, int type, int protocol);
// Over TCP on loopback, or UDP; of the Unix family there are none for datagrams (EOPNOTSUPP).
int socketpair(int family, int type, int protocol, int ends[2]);
int bind(int fd, const sockaddr* address, socklen_t size);
int listen(int fd, int backlog);
int accept(int fd, sockaddr* address, socklen_t* size);
int accept4(int fd, sockaddr* address, socklen_t* size, int flags);
int connect(int fd, const sockaddr* address, socklen_t size);
int shutdown(int fd, int how);
int getsockname(int fd, sockaddr* address, socklen_t* size);
int getpeername(int fd, sockaddr* address, socklen_t* size);
// SO_REUSEADDR is left alone but for datagrams: on Windows it lets others take the port away, and
// what POSIX means by it is so without. (Of datagrams both mean that a port is shared.)
int setsockopt(int fd, int level, int name, const void* value, socklen_t size);
int getsockopt(int fd, int level, int name, void* value, socklen_t* size);
ssize_t recv(int fd, void* data, std::size_t size, int flags);
ssize_t send(int fd, const void* data, std::size_t size, int flags);
// (Winsock's take these types, and would be as good a choice.)
inline ssize_t recv(int fd, char* data, std::size_t size, int flags) {
  return recv(fd, static_cast<void*>(data), size, flags);
}
inline ssize_t send(int fd, const char* data, std::size_t size, int flags) {
  return send(fd, static_cast<const void*>(data), size, flags);
}
inline ssize_t recv(int fd, char* data, int size, int flags) {
  return recv(fd, static_cast<void*>(data), static_cast<std::size_t>(size), flags);
}
inline ssize_t send(int fd, const char* data, int size, int flags) {
  return send(fd, static_cast<const void*>(data), static_cast<std::size_t>(size), flags);
}
ssize_t recvfrom(int fd, void* data, std::size_t size, int flags, sockaddr* from, socklen_t* room);
ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const sockaddr* to,
               socklen_t to_size);
// (MSG_TRUNC: how long a datagram was that was cut off is not known; one more than there was room
// for.)
ssize_t recvmsg(int fd, msghdr* message, int flags);
ssize_t sendmsg(int fd, const msghdr* message, int flags);
int poll(pollfd* fds, std::size_t count, int timeout_ms);

// Descriptors.
int close(int fd);
ssize_t read(int fd, void* data, std::size_t size);
ssize_t write(int fd, const void* data, std::size_t size);
ssize_t readv(int fd, const evbuffer_iovec* pieces, int count);
ssize_t writev(int fd, const evbuffer_iovec* pieces, int count);
// A pair of sockets.
int pipe(int ends[2]);
int pipe2(int ends[2], int flags);
// F_GETFL cannot tell whether a socket blocks, and says that it does.
int fcntl(int fd, int command, int argument = 0);
int fstat(int fd, struct stat* about);
// They move the file's position, which is put back: not while another thread reads or writes where
// the file stands.
ssize_t pread(int fd, void* data, std::size_t size, std::int64_t offset);
ssize_t pwrite(int fd, const void* data, std::size_t size, std::int64_t offset);

// The rest.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
int sigaction(int signal, const struct sigaction* action, struct sigaction* before);
#pragma GCC diagnostic pop
inline int sigfillset(sigset_t* set) {
  *set = static_cast<sigset_t>(-1);
  return 0;
}
// To this process itself alone (ESRCH: to any other).
int kill(pid_t process, int signal);
void* mmap(void* where, std::size_t size, int protection, int flags, int fd, std::int64_t offset);
int munmap(void* mapping, std::size_t size);
long sysconf(int name);
char* strerror_r(int error, char* room, std::size_t size);
int setenv(const char* name, const char* value, int overwrite);
int unsetenv(const char* name);

#include "files.h"
