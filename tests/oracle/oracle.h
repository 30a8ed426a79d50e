/* Asking libevent: what every program of this folder shares.
 *
 * A program is a list of situations. Each runs in a child process of its own, so that process-wide
 * settings (threads, debug mode, log and memory callbacks) start fresh, and so that a crash or a
 * hang is one line of the transcript and not the end of it. The transcript on libevent and the one
 * on eddy must be equal, line by line: print what is promised, never addresses, times or numbers
 * of descriptors. */
#ifndef EDDY_TESTS_ORACLE_H
#define EDDY_TESTS_ORACLE_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/thread.h>
#include <event2/util.h>

/* --- the transcript ------------------------------------------------------------------------- */

/* Adds one line; a single write(2), so lines of several threads or processes never mix. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One question and its answer: "event_del(ev) = 0". One call a line: the order in which arguments
 * of one call are evaluated is the compiler's choice. */
#define ask(expression) say("  %s = %d", #expression, (int)(expression))
#define ask_flags(expression) say("  %s = %s", #expression, flags(expression))

/* All that event_pending can be asked about. */
#define EV_ANY (EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL | EV_CLOSED)

/* Runs `body` in a child under a title, and adds how it ended when it did not end well. With
 * ORACLE_ONLY=TITLE in the environment that situation alone runs, without a child: for debuggers.
 */
void situation(const char *title, void (*body)(void));

/* A difference on purpose. `got` is what this side did; the line is left out of the comparison when
 * it is what docs/differences.md records for this side, and is a plain (hence unequal) line else.
 */
void on_purpose(const char *id, const char *libevent, const char *eddy, const char *got);

/* Ends the situation as "not possible here"; `why` goes to stderr, the transcript gets one line. */
void not_here(const char *why) __attribute__((noreturn));

/* Ends the program with a message on stderr: the test itself could not be set up. */
void broken(const char *what) __attribute__((noreturn));

/* --- words ----------------------------------------------------------------------------------- */

/* "READ|TIMEOUT", "0" for none; bits without a name in hex. Four results may be in use at once. */
const char *flags(int what);

/* "yes" or "no". */
const char *yes(int truth);

/* "NULL" or "set". */
const char *null(const void *pointer);

/* The symbolic name of an errno value ("EPERM"), "0" for none. */
const char *error_name(int error);

/* --- set-up ------------------------------------------------------------------------------------
 */

struct timeval ms(long milliseconds);

/* Milliseconds on the monotonic clock. */
long now_ms(void);

/* A connected, nonblocking pair of stream sockets. */
void socket_pair(evutil_socket_t fds[2]);
void pipe_pair(int fds[2]);

/* Writes / reads exactly `n` bytes, or ends the program. */
void put(evutil_socket_t fd, size_t n);
void take(evutil_socket_t fd, size_t n);

/* Fills the socket until it would block. */
void fill(evutil_socket_t fd);

/* A base, or the end of the program. */
struct event_base *new_base(void);

/* Spins until the clock moved by at least `milliseconds`: a slow callback, not a wait. */
void burn(long milliseconds);

/* --- probes: callbacks that tell ------------------------------------------------------------- */

struct probe {
  const char *name;
  struct event *ev;
  void (*then)(struct probe *self); /* runs after the line was written; may be NULL */
  int count;                        /* calls so far, this one included */
  evutil_socket_t fd;               /* what the callback got */
  short what;
  void *data; /* for `then` */
};

/* An event_callback_fn; arg is a struct probe. Adds "NAME: FLAGS". */
void probe_cb(evutil_socket_t fd, short what, void *arg);

/* As probe_cb, without a line. */
void quiet_cb(evutil_socket_t fd, short what, void *arg);

/* event_new with a probe; ends the program when it fails. */
struct event *watch(struct event_base *base, struct probe *probe, evutil_socket_t fd, int events);

/* Useful `then`s. */
void then_del(struct probe *self);   /* event_del of the own event */
void then_drain(struct probe *self); /* reads all there is */
void then_break(struct probe *self); /* event_base_loopbreak */

/* --- messages and fatal errors -----------------------------------------------------------------
 */

/* From now on each message is counted by severity; message_count tells, last_message is the text.
 */
void watch_messages(void);
int message_count(int severity);
const char *last_message(void);

/* From now on a fatal error adds "fatal: code N, message names WORD: yes" and ends the situation.
 * `word` may hold alternatives, separated by '|'. */
void expect_fatal(const char *word);

#endif
