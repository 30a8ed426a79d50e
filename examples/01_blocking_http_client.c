/* The introduction's first program: a blocking HTTP client. Each call waits until the system has
 * done its work, and the program does nothing else meanwhile. That is all right for one connection.
 *
 *     example_01_blocking_http_client http://localhost:8000/
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "servers.h"

struct url {
  char host[256];
  char port[8];
  char path[1024];
};

/* http://HOST[:PORT][/PATH], where HOST may be [an IPv6 address]. 0, or -1. */
static int parse_url(const char *text, struct url *url) {
  if (strncmp(text, "http://", 7) != 0) return -1;
  const char *host = text + 7;
  int bracketed = host[0] == '[';
  const char *host_end = bracketed ? strchr(host, ']') : host + strcspn(host, ":/");
  if (host_end == NULL) return -1;
  host += bracketed;
  const char *port = host_end + bracketed;
  const char *path = port + strcspn(port, "/");
  size_t host_size = (size_t)(host_end - host), port_size = (size_t)(path - port);
  if (host_size == 0 || host_size >= sizeof url->host || port_size >= sizeof url->port) return -1;
  memcpy(url->host, host, host_size);
  url->host[host_size] = '\0';
  snprintf(url->port, sizeof url->port, "%.*s", port_size > 1 ? (int)port_size - 1 : 2,
           port_size > 1 ? port + 1 : "80");
  return (size_t)snprintf(url->path, sizeof url->path, "%s", *path ? path : "/") < sizeof url->path
             ? 0
             : -1;
}

/* A connected socket, or -1 after saying why not. connect() returns when the handshake is done. */
static int connect_to(const struct url *url) {
  struct addrinfo hints, *addresses;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM; /* IPv6 and IPv4 alike */
  int failed = getaddrinfo(url->host, url->port, &hints, &addresses);
  if (failed) {
    fprintf(stderr, "cannot look up %s: %s\n", url->host, gai_strerror(failed));
    return -1;
  }
  int fd = -1;
  for (struct addrinfo *a = addresses; a != NULL && fd < 0; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
      int error = errno;
      close(fd);
      errno = error;
      fd = -1;
    }
  }
  if (fd < 0)
    fprintf(stderr, "cannot connect to %s port %s: %s\n", url->host, url->port, strerror(errno));
  freeaddrinfo(addresses);
  return fd;
}

/* send() may take less than it is given. */
static int send_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return -1;
    data += sent;
    size -= (size_t)sent;
  }
  return 0;
}

static int print_answer(int fd) {
  char buffer[16384];
  for (;;) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (fwrite(buffer, 1, (size_t)got, stdout) != (size_t)got) return -1;
  }
}

int blocking_http_client_main(int argc, char **argv) {
  struct url url;
  if (argc != 2 || strcmp(argv[1], "--help") == 0 || parse_url(argv[1], &url) != 0) {
    int asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(
        asked ? stdout : stderr,
        "usage: %s http://HOST[:PORT][/PATH]\n\nPrints what the server answers, headers and all.\n",
        argv[0]);
    return asked ? 0 : 2;
  }
  int fd = connect_to(&url);
  if (fd < 0) return 1;
  char query[2048];
  int size =
      snprintf(query, sizeof query, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", url.path, url.host);
  int failed =
      send_all(fd, query, (size_t)size) != 0 || print_answer(fd) != 0 || fflush(stdout) != 0;
  if (failed) fprintf(stderr, "talking to %s: %s\n", url.host, strerror(errno));
  close(fd);
  return failed;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return blocking_http_client_main(argc, argv); }
#endif
