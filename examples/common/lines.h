/* What a ROT13 server does with bytes, whatever its loop is like.
 *
 * The protocol: each line, up to and with its '\n', comes back in ROT13. A line longer than
 * MAX_LINE bytes is answered in pieces: MAX_LINE bytes and a '\n', then what follows. What comes
 * after the last
 * '\n' before the client closes is not a line and is not answered. */
#ifndef EXAMPLES_LINES_H
#define EXAMPLES_LINES_H

#include <stddef.h>

#define MAX_LINE 16384

/* One connection's buffer. A line is changed where it lies: [sent, ready) is to be sent, and
 * [ready, used) is the beginning of a line. */
struct lines {
  size_t sent;
  size_t ready;
  size_t used;
  char data[MAX_LINE + 1 + 1024];
};

void lines_init(struct lines *lines);

/* Where the next bytes go, and how many fit; 0 until some of the answers are sent. */
char *lines_space(struct lines *lines, size_t *size);
/* `size` bytes were put there. */
void lines_received(struct lines *lines, size_t size);

/* Sends answers until there are none or the socket is full. 1: all sent; 0: the socket is full; -1:
 * the connection is broken. */
int lines_send(struct lines *lines, int fd);

/* Receives once and prepares the answers. 1: there may be more; 0: nothing now, or no space; -1:
 * the connection is broken or the client has closed. */
int lines_receive(struct lines *lines, int fd);

/* Whether answers wait to be sent. */
int lines_pending(const struct lines *lines);

#endif
