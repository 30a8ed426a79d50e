// <sys/devpoll.h> of Solaris, for the simulated /dev/poll (../../dev_poll.cpp), after poll(7D).
//
// There the driver is reached by open, write, ioctl and close. Here these have names of their own,
// and whoever uses the driver calls them by the macros EDDY_DEVPOLL_*, which it defines itself, as
// the system's calls, where this header is the system's.
#pragma once

#include <poll.h>
#include <stddef.h>
#include <sys/types.h>

#define DPIOC (0xD0 << 8)
#define DP_POLL (DPIOC | 1)
#define DP_ISPOLLED (DPIOC | 2)

#ifndef POLLREMOVE
#define POLLREMOVE 0x0800
#endif

typedef struct dvpoll {
  struct pollfd* dp_fds;
  nfds_t dp_nfds;
  int dp_timeout;
} dvpoll_t;

#ifdef __cplusplus
extern "C" {
#endif

// Only "/dev/poll" is there to be opened (else ENOENT). A close(2) serves as well as the last.
int simulated_devpoll_open(const char* path, int flags);
ssize_t simulated_devpoll_write(int fd, const void* entries, size_t bytes);
int simulated_devpoll_ioctl(int fd, int request, void* argument);
int simulated_devpoll_close(int fd);

#ifdef __cplusplus
}
#endif

#define EDDY_DEVPOLL_OPEN simulated_devpoll_open
#define EDDY_DEVPOLL_WRITE simulated_devpoll_write
#define EDDY_DEVPOLL_IOCTL simulated_devpoll_ioctl
#define EDDY_DEVPOLL_CLOSE simulated_devpoll_close
