/* What the ROT13 servers share: the transformation, and the listener. C and C++. */
#ifndef BENCH_SERVERS_ROT13_H
#define BENCH_SERVERS_ROT13_H

#include "common/listen.h"

enum { rot13_max_line = 16384 };

#ifdef ROT13_PROGRAMS_WORK
/* What the introduction's last program does itself for each line, whatever its library costs: the
 * line in memory of its own, as readln gives it, a byte at a time with branches, and back. */
static inline char rot13_char(char c) {
  if ((c >= 'a' && c <= 'm') || (c >= 'A' && c <= 'M')) return (char)(c + 13);
  if ((c >= 'n' && c <= 'z') || (c >= 'N' && c <= 'Z')) return (char)(c - 13);
  return c;
}

static inline void rot13(char *text, size_t length) {
  while (length > 0) {
    const char *end = (const char *)memchr(text, '\n', length);
    const size_t size = end != NULL ? (size_t)(end - text) + 1 : length;
    char *line = (char *)malloc(size + 1);
    if (line == NULL) bench_fail("malloc", "out of memory");
    memcpy(line, text, size);
    for (size_t i = 0; i < size; ++i) line[i] = rot13_char(line[i]);
    memcpy(text, line, size);
    free(line);
    text += size;
    length -= size;
  }
}
#else
static inline void rot13(char *text, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    char lower = (char)(text[i] | 0x20);
    if (lower >= 'a' && lower <= 'm')
      text[i] = (char)(text[i] + 13);
    else if (lower >= 'n' && lower <= 'z')
      text[i] = (char)(text[i] - 13);
  }
}
#endif

/* How much of `text` is whole lines. A server answers these and keeps the rest. */
static inline size_t rot13_whole_lines(const char *text, size_t length) {
  while (length > 0 && text[length - 1] != '\n') --length;
  return length;
}

/* A listening socket on 127.0.0.1 at the port of the first argument (0, a free one, without). */
static inline int rot13_listen(int argc, char **argv, int flags) {
  char *end = NULL;
  long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
  if (end != NULL && *end != '\0') bench_fail("port", "must be a number from 0 to 65535");
  return bench_listen(port, flags);
}

#endif
