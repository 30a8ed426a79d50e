/* Log callbacks, severities, the default log, fatal errors. */
#include "oracle.h"

#include <event2/event_struct.h>

static int counted[4], others;

static void count(int severity, const char *message) {
  if (severity < 0 || severity > 3 || message == NULL) {
    others++;
    return;
  }
  counted[severity]++;
  if (strchr(message, '\n') != NULL) say("  a message with a newline");
  if (message[0] == '\0') say("  an empty message");
}

static void tell(const char *what) {
  say("  %s: debug %s, msg %d, warn %d, err %d, others %d", what, counted[0] > 0 ? "some" : "none",
      counted[1], counted[2], counted[3], others);
  memset(counted, 0, sizeof counted);
}

/* Things that libevent warns about. */
static void cause_warning(void) {
  struct event_base *base = new_base();
  struct event ev;
  memset(&ev, 0, sizeof ev);
  event_assign(&ev, base, SIGUSR1, EV_SIGNAL | EV_READ, quiet_cb, NULL);
  event_base_free(base);
}

static void severities(void) {
  event_set_log_callback(count);
  tell("nothing");
  cause_warning();
  tell("EV_SIGNAL with EV_READ");
  struct event without_base;
  memset(&without_base, 0, sizeof without_base);
  event_add(&without_base, NULL);
  tell("event_add without a base");
  event_del(&without_base);
  tell("event_del without a base");
  event_active(&without_base, EV_READ, 1);
  tell("event_active without a base");
  ask(event_pending(&without_base, EV_READ, NULL));
  tell("event_pending without a base");
  event_base_free(NULL);
  tell("event_base_free(NULL)");
}

/* The default log writes to stderr: what the program wrote there is told by its shape. */
static void to_stderr(void (*cause)(void), const char *what) {
  int ends[2];
  pipe_pair(ends);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  cause();
  dup2(saved, STDERR_FILENO);
  close(saved);
  char text[4096];
  ssize_t n = read(ends[0], text, sizeof text - 1);
  text[n > 0 ? n : 0] = '\0';
  char *bracket = strchr(text, ']');
  if (bracket != NULL) bracket[1] = '\0';
  say("  %s: %s%s", what, n > 0 ? "begins with " : "nothing", text);
  close(ends[0]);
  close(ends[1]);
}

static void default_log(void) {
  to_stderr(cause_warning, "a warning");
  event_set_log_callback(count);
  to_stderr(cause_warning, "with a callback");
  tell("the callback");
  event_set_log_callback(NULL);
  to_stderr(cause_warning, "the default again");
}

static void one_turn(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct event *ev = event_new(base, fds[0], EV_READ, quiet_cb, NULL);
  event_add(ev, NULL);
  event_base_loop(base, EVLOOP_NONBLOCK);
  event_free(ev);
  event_base_free(base);
}

static void debug_logging(void) {
  event_set_log_callback(count);
  one_turn();
  tell("off");
  event_enable_debug_logging(EVENT_DBG_ALL);
  one_turn();
  tell("on");
  event_enable_debug_logging(EVENT_DBG_NONE);
  one_turn();
  tell("off again");
}

static void names_of_severities(void) {
  ask(EVENT_LOG_DEBUG);
  ask(EVENT_LOG_MSG);
  ask(EVENT_LOG_WARN);
  ask(EVENT_LOG_ERR);
  ask(_EVENT_LOG_DEBUG);
  ask(_EVENT_LOG_MSG);
  ask(_EVENT_LOG_WARN);
  ask(_EVENT_LOG_ERR);
}

static void cause_fatal(void) {
  event_enable_debug_mode();
  event_enable_debug_mode();
}

static void fatal_without_callback(void) {
  event_set_log_callback(count);
  pid_t child = fork();
  if (child == 0) {
    cause_fatal();
    _exit(55);
  }
  int status = 0;
  waitpid(child, &status, 0);
  say("  exited %s with %d", yes(WIFEXITED(status)), WEXITSTATUS(status));
}

static void fatal_cb(int code) {
  tell("before the fatal callback");
  say("  fatal callback: code %d", code);
  _exit(0);
}

static void fatal_with_callback(void) {
  event_set_log_callback(count);
  event_set_fatal_callback(fatal_cb);
  cause_fatal();
}

int main(void) {
  situation("severities of known warnings", severities);
  situation("the default log", default_log);
  situation("debug logging", debug_logging);
  situation("the names of the severities", names_of_severities);
  situation("a fatal error without a callback", fatal_without_callback);
  situation("a fatal error with a callback", fatal_with_callback);
  return 0;
}
