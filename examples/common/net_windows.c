#include <errno.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* Winsock says what went wrong in its own words; of those, who reads and writes asks for two. */
static long result(int returned) {
  if (returned != SOCKET_ERROR) return returned;
  errno = WSAGetLastError() == WSAEWOULDBLOCK ? EAGAIN : EIO;
  return -1;
}

long net_receive(int fd, void *data, size_t size) {
  return result(recv((SOCKET)fd, data, (int)size, 0));
}

long net_send(int fd, const void *data, size_t size) {
  return result(send((SOCKET)fd, data, (int)size, 0));
}

void net_choose_backend(const char *name) { _putenv_s("EDDY_BACKEND", name); }

static int listen_on(const struct addrinfo *candidate) {
  DWORD zero = 0;
  SOCKET fd = socket(candidate->ai_family, candidate->ai_socktype, candidate->ai_protocol);
  if (fd == INVALID_SOCKET) return -1;
  if (candidate->ai_family == AF_INET6) /* IPv4 clients too */
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&zero, sizeof zero);
  if (bind(fd, candidate->ai_addr, (int)candidate->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
    return (int)fd;
  int error = WSAGetLastError();
  closesocket(fd);
  WSASetLastError(error);
  return -1;
}

static void announce(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getsockname((SOCKET)fd, (struct sockaddr *)&address, &size) != 0 ||
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
            options->address ? options->address : "(any)", options->port,
            evutil_gai_strerror(failed));
    return -1;
  }
  /* IPv6 first: such a socket serves both. */
  int fd = -1;
  for (int want_ipv6 = 1; want_ipv6 >= 0 && fd < 0; --want_ipv6)
    for (struct addrinfo *c = candidates; c != NULL && fd < 0; c = c->ai_next)
      if ((c->ai_family == AF_INET6) == want_ipv6) fd = listen_on(c);
  if (fd < 0)
    fprintf(stderr, "cannot listen on %s port %s: %s\n",
            options->address ? options->address : "any address", options->port,
            evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
  else
    announce(fd);
  freeaddrinfo(candidates);
  return fd;
}

enum accept_result net_accept(int listener, int *fd) {
  SOCKET made = accept((SOCKET)listener, NULL, NULL);
  *fd = made == INVALID_SOCKET ? -1 : (int)made;
  if (*fd >= 0) return ACCEPT_DONE;
  switch (WSAGetLastError()) {
    case WSAEWOULDBLOCK:
      return ACCEPT_NOBODY;
    case WSAEMFILE:
    case WSAENOBUFS:
      return ACCEPT_NO_ROOM;
    default:
      return ACCEPT_AGAIN;
  }
}

void net_refuse(int fd, const char *text) {
  (void)net_send(fd, text, strlen(text));
  closesocket((SOCKET)fd);
}
