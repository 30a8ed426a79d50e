#include "oracle.h"

#include <stdarg.h>
#include <time.h>

/* A callback that never stops being called is a hang, not a full disk. */
enum { max_lines = 1000 };
static int lines;

void say(const char *format, ...) {
  char line[1024];
  if (__atomic_add_fetch(&lines, 1, __ATOMIC_RELAXED) > max_lines) raise(SIGALRM);
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  if (n < 0) broken("say");
  size_t length = (size_t)n < sizeof line - 2 ? (size_t)n : sizeof line - 2;
  line[length++] = '\n';
  int saved = errno;
  if (write(STDOUT_FILENO, line, length) != (ssize_t)length) _exit(3);
  errno = saved;
}

static void tell_end(int status) {
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    say("  ended by signal %d%s", number, number == SIGALRM ? " (hangs)" : "");
  } else if (WEXITSTATUS(status) != 0) {
    say("  ended with status %d", WEXITSTATUS(status));
  }
}

void situation(const char *title, void (*body)(void)) {
  lines = 0;
  const char *only = getenv("ORACLE_ONLY");
  if (only != NULL) { /* for a debugger: this one alone, and no child */
    if (strcmp(only, title) == 0) body();
    return;
  }
  say("== %s", title);
  fflush(NULL);
  pid_t child = fork();
  if (child < 0) broken("fork");
  if (child == 0) {
    lines = 0;
    alarm(8); /* only a hang gets here: the slowest situation takes about a second */
    body();
    exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) broken("waitpid");
  }
  tell_end(status);
}

void on_purpose(const char *id, const char *libevent, const char *eddy, const char *got) {
#ifdef ORACLE_EDDY
  const char *recorded = eddy;
  (void)libevent;
#else
  const char *recorded = libevent;
  (void)eddy;
#endif
  if (strcmp(got, recorded) == 0) {
    say("DIFF:%s %s", id, got);
  } else {
    say("difference %s: recorded '%s', got '%s'", id, recorded, got);
  }
}

void not_here(const char *why) {
  fprintf(stderr, "not possible here: %s\n", why);
  say("  (not possible here)");
  exit(0);
}

void broken(const char *what) {
  fprintf(stderr, "the test could not be set up: %s: %s\n", what, strerror(errno));
  _exit(4);
}

const char *flags(int what) {
  static const struct {
    int bit;
    const char *name;
  } names[] = {{EV_TIMEOUT, "TIMEOUT"},   {EV_READ, "READ"},       {EV_WRITE, "WRITE"},
               {EV_SIGNAL, "SIGNAL"},     {EV_PERSIST, "PERSIST"}, {EV_ET, "ET"},
               {EV_FINALIZE, "FINALIZE"}, {EV_CLOSED, "CLOSED"}};
  static _Thread_local char texts[4][128];
  static _Thread_local unsigned turn;
  char *text = texts[turn++ % 4];
  char *end = text;
  *end = '\0';
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    if ((what & names[i].bit) == 0) continue;
    end += sprintf(end, "%s%s", end == text ? "" : "|", names[i].name);
    what &= ~names[i].bit;
  }
  if (what != 0) end += sprintf(end, "%s0x%x", end == text ? "" : "|", (unsigned)what);
  return end == text ? "0" : text;
}

const char *yes(int truth) { return truth ? "yes" : "no"; }

const char *null(const void *pointer) { return pointer == NULL ? "NULL" : "set"; }

const char *error_name(int error) {
  static char other[32];
  switch (error) {
    case 0:
      return "0";
    case EPERM:
      return "EPERM";
    case EBADF:
      return "EBADF";
    case EINVAL:
      return "EINVAL";
    case ENOENT:
      return "ENOENT";
    case EEXIST:
      return "EEXIST";
    case ENOMEM:
      return "ENOMEM";
    case ENOSPC:
      return "ENOSPC";
    case ENOTSOCK:
      return "ENOTSOCK";
    case EAFNOSUPPORT:
      return "EAFNOSUPPORT";
    case EPROTONOSUPPORT:
      return "EPROTONOSUPPORT";
    case EOPNOTSUPP:
      return "EOPNOTSUPP";
    case EADDRINUSE:
      return "EADDRINUSE";
    case ENOPROTOOPT:
      return "ENOPROTOOPT";
    default:
      snprintf(other, sizeof other, "errno %d", error);
      return other;
  }
}

struct timeval ms(long milliseconds) {
  struct timeval tv = {milliseconds / 1000, (milliseconds % 1000) * 1000};
  return tv;
}

long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void socket_pair(evutil_socket_t fds[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    broken("socketpair");
  }
}

void pipe_pair(int fds[2]) {
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) broken("pipe2");
}

/* In one piece: a Unix socket counts some 800 bytes for each, and is full after 277 of one byte. */
void put(evutil_socket_t fd, size_t n) {
  char bytes[4096];
  if (n > sizeof bytes) broken("put");
  memset(bytes, 'x', n);
  if (write(fd, bytes, n) != (ssize_t)n) broken("write");
}

void take(evutil_socket_t fd, size_t n) {
  char byte;
  for (size_t i = 0; i < n; ++i) {
    if (read(fd, &byte, 1) != 1) broken("read");
  }
}

void fill(evutil_socket_t fd) {
  static const char block[4096];
  while (write(fd, block, sizeof block) > 0) {
  }
  while (write(fd, block, 1) > 0) {
  }
}

struct event_base *new_base(void) {
  struct event_base *base = event_base_new();
  if (base == NULL) broken("event_base_new");
  return base;
}

static long coarse_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* By both clocks: libevent reads the coarse one, which lags behind by up to a tick. */
void burn(long milliseconds) {
  long end = now_ms() + milliseconds + 1, coarse_end = coarse_ms() + milliseconds + 1;
  while (now_ms() < end || coarse_ms() < coarse_end) {
  }
}

void quiet_cb(evutil_socket_t fd, short what, void *arg) {
  struct probe *self = arg;
  self->count++;
  self->fd = fd;
  self->what = what;
  if (self->then != NULL) self->then(self);
}

void probe_cb(evutil_socket_t fd, short what, void *arg) {
  struct probe *self = arg;
  say("  %s: %s", self->name, flags(what));
  quiet_cb(fd, what, arg);
}

struct event *watch(struct event_base *base, struct probe *probe, evutil_socket_t fd, int events) {
  probe->ev = event_new(base, fd, (short)events, probe_cb, probe);
  if (probe->ev == NULL) broken("event_new");
  return probe->ev;
}

void then_del(struct probe *self) { event_del(self->ev); }

void then_drain(struct probe *self) {
  char bytes[4096];
  while (read(event_get_fd(self->ev), bytes, sizeof bytes) > 0) {
  }
}

void then_break(struct probe *self) { event_base_loopbreak(event_get_base(self->ev)); }

static int counts[4];
static char last[1024];
static const char *expected_word;

static void on_message(int severity, const char *message) {
  if (severity >= 0 && severity < 4) counts[severity]++;
  snprintf(last, sizeof last, "%s", message);
}

void watch_messages(void) { event_set_log_callback(on_message); }

int message_count(int severity) { return counts[severity]; }

const char *last_message(void) { return last; }

static int names_one_of(const char *message, const char *words) {
  char copy[256];
  snprintf(copy, sizeof copy, "%s", words);
  char *rest = NULL;
  for (char *word = strtok_r(copy, "|", &rest); word != NULL; word = strtok_r(NULL, "|", &rest)) {
    if (strstr(message, word) != NULL) return 1;
  }
  return 0;
}

static void on_fatal(int code) {
  say("  fatal: code %d, error messages %d, message names '%s': %s", code, counts[EVENT_LOG_ERR],
      expected_word, yes(names_one_of(last, expected_word)));
  if (!names_one_of(last, expected_word)) fprintf(stderr, "the message was: %s\n", last);
  _exit(0);
}

void expect_fatal(const char *word) {
  expected_word = word;
  watch_messages();
  event_set_fatal_callback(on_fatal);
}
