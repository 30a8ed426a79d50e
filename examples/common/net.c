#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t should_stop;

static void on_stop(int signal) {
  (void)signal;
  should_stop = 1;
}

void net_stop_on_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_stop; /* without SA_RESTART: the waiting call must end */
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

int net_should_stop(void) { return should_stop; }

int net_make_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* One candidate: a listening socket, or -1 with errno and *step naming the call that failed. */
static int listen_on(const struct addrinfo *candidate, const char **step) {
  int one = 1, zero = 0;
  *step = "socket";
  int fd =
      socket(candidate->ai_family, candidate->ai_socktype | SOCK_CLOEXEC, candidate->ai_protocol);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (candidate->ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero); /* IPv4 clients too */
  *step = "bind";
  if (bind(fd, candidate->ai_addr, candidate->ai_addrlen) == 0) {
    *step = "listen";
    if (listen(fd, SOMAXCONN) == 0) return fd;
  }
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static void announce(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
      getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return;
  printf("listening on %s port %s\n", host, port);
  fflush(stdout);
}

int net_listen(const struct options *options) {
  struct addrinfo hints, *candidates = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  int failed = getaddrinfo(options->address, options->port, &hints, &candidates);
  if (failed) {
    fprintf(stderr, "cannot resolve address %s, port %s: %s\n",
            options->address ? options->address : "(any)", options->port, gai_strerror(failed));
    return -1;
  }
  /* IPv6 first: such a socket serves both. */
  const char *step = "getaddrinfo";
  int fd = -1;
  for (int want_ipv6 = 1; want_ipv6 >= 0 && fd < 0; --want_ipv6)
    for (struct addrinfo *c = candidates; c != NULL && fd < 0; c = c->ai_next)
      if ((c->ai_family == AF_INET6) == want_ipv6) fd = listen_on(c, &step);
  if (fd < 0)
    fprintf(stderr, "cannot listen on %s port %s: %s: %s%s\n",
            options->address ? options->address : "any address", options->port, step,
            strerror(errno),
            errno == EADDRINUSE ? " (another server runs there; try --port 0)" : "");
  else
    announce(fd);
  freeaddrinfo(candidates);
  return fd;
}

enum accept_result net_accept(int listener, int *fd) {
  *fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (*fd >= 0) return ACCEPT_DONE;
  switch (errno) {
    case EAGAIN:
      return ACCEPT_NOBODY;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return ACCEPT_NO_ROOM;
    default: /* EINTR, ECONNABORTED, and the network errors of a client that has gone */
      return ACCEPT_AGAIN;
  }
}

long net_receive(int fd, void *data, size_t size) { return recv(fd, data, size, 0); }

long net_send(int fd, const void *data, size_t size) { return send(fd, data, size, MSG_NOSIGNAL); }

void net_choose_backend(const char *name) { setenv("EDDY_BACKEND", name, 1); }

void net_refuse(int fd, const char *text) {
  (void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
  close(fd);
}
