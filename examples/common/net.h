/* Sockets: what every server does before its loop begins, and how it accepts. */
#ifndef EXAMPLES_NET_H
#define EXAMPLES_NET_H

#include <stddef.h>

#include "options.h"

/* A listening socket, or -1 after saying what failed. Without an address it takes IPv6 and IPv4
 * alike, or IPv4 alone where the system has no IPv6. Says "listening on ..." when it is ready. */
int net_listen(const struct options *options);

/* 0, or -1 with errno. */
int net_make_nonblocking(int fd);

enum accept_result {
  ACCEPT_DONE,   /* *fd is the new connection, close-on-exec */
  ACCEPT_NOBODY, /* nobody is waiting */
  ACCEPT_AGAIN,  /* that client has gone already: the next one may be there */
  ACCEPT_NO_ROOM /* no descriptors or no memory: pause, or the loop would spin */
};
enum accept_result net_accept(int listener, int *fd);

/* recv() and send() without flags and without SIGPIPE: bytes, or -1 with errno. */
long net_receive(int fd, void *data, size_t size);
long net_send(int fd, const void *data, size_t size);

/* Sends all of `text`, as far as it goes without waiting, and closes. */
void net_refuse(int fd, const char *text);

/* The backend that event_base_new() is to take, if it can be had. */
void net_choose_backend(const char *name);

/* Ends the program's loop on SIGINT and SIGTERM: they interrupt the system call that waits, and
 * net_should_stop() is 1 from then on. SIGPIPE needs no care, because all is sent with
 * MSG_NOSIGNAL. */
void net_stop_on_signals(void);
int net_should_stop(void);

#endif
