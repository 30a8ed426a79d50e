#include "lines.h"

#include <errno.h>
#include <string.h>

#include "net.h"

/* Not isalpha: setting the locale would change which characters are letters. */
static char rot13(char c) {
  if ((c >= 'a' && c <= 'm') || (c >= 'A' && c <= 'M')) return (char)(c + 13);
  if ((c >= 'n' && c <= 'z') || (c >= 'N' && c <= 'Z')) return (char)(c - 13);
  return c;
}

void lines_init(struct lines *lines) { lines->sent = lines->ready = lines->used = 0; }

int lines_pending(const struct lines *lines) { return lines->sent < lines->ready; }

static size_t unfinished(const struct lines *lines) { return lines->used - lines->ready; }

char *lines_space(struct lines *lines, size_t *size) {
  if (!lines_pending(lines) && lines->ready > 0) {
    /* All answers are gone: the beginning of a line moves to the front. */
    memmove(lines->data, lines->data + lines->ready, unfinished(lines));
    lines->used = unfinished(lines);
    lines->sent = lines->ready = 0;
  }
  /* A too long line takes one byte more than it has, for the '\n' of its piece. */
  size_t room = sizeof lines->data - 1 - lines->used;
  size_t line_room = MAX_LINE - unfinished(lines);
  *size = room < line_room ? room : line_room;
  return lines->data + lines->used;
}

void lines_received(struct lines *lines, size_t size) {
  char *from = lines->data + lines->used;
  for (size_t i = 0; i < size; ++i) {
    if (from[i] == '\n') lines->ready = lines->used + i + 1;
    from[i] = rot13(from[i]);
  }
  lines->used += size;
  if (unfinished(lines) == MAX_LINE) {
    lines->data[lines->used++] = '\n';
    lines->ready = lines->used;
  }
}

int lines_receive(struct lines *lines, int fd) {
  size_t size;
  char *space = lines_space(lines, &size);
  if (size == 0) return 0;
  long got = net_receive(fd, space, size);
  if (got > 0) {
    lines_received(lines, (size_t)got);
    return 1;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
  if (got < 0 && errno == EINTR) return 1;
  return -1;
}

int lines_send(struct lines *lines, int fd) {
  while (lines_pending(lines)) {
    long sent = net_send(fd, lines->data + lines->sent, lines->ready - lines->sent);
    if (sent >= 0)
      lines->sent += (size_t)sent;
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return 0;
    else if (errno != EINTR)
      return -1;
  }
  return 1;
}
