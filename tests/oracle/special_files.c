/* Descriptors that are no sockets, directions that make no sense, high numbers. */
#include "oracle.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

static void try_it(const char *name, int fd, int events) {
  struct event_base *base = new_base();
  struct probe p = {.name = name};
  watch_messages();
  if (fd < 0) broken(name);
  watch(base, &p, fd, events);
  ask(event_add(p.ev, NULL));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  say("  called: %d, warned: %s", p.count, yes(message_count(EVENT_LOG_WARN) > 0));
  event_free(p.ev);
  event_base_free(base);
}

static void null_device(void) {
  try_it("/dev/null", open("/dev/null", O_RDWR), EV_READ);
  try_it("/dev/null", open("/dev/null", O_RDWR), EV_WRITE);
}

static void directory(void) { try_it("a directory", open("/", O_RDONLY), EV_READ); }

static void event_descriptor(void) {
  int fd = eventfd(0, EFD_NONBLOCK);
  try_it("eventfd", fd, EV_READ);
  try_it("eventfd", fd, EV_WRITE);
  if (eventfd_write(fd, 3) != 0) broken("eventfd_write");
  try_it("eventfd", fd, EV_READ);
}

static void timer_descriptor(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  try_it("timerfd", fd, EV_READ);
  struct itimerspec soon = {{0, 0}, {0, 1000}};
  timerfd_settime(fd, 0, &soon, NULL);
  burn(5);
  try_it("timerfd", fd, EV_READ);
}

static void nested(void) {
  int fd = epoll_create1(0), fds[2];
  socket_pair(fds);
  struct epoll_event wanted = {.events = EPOLLIN};
  if (epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &wanted) != 0) broken("epoll_ctl");
  try_it("an epoll set", fd, EV_READ);
  put(fds[1], 1);
  try_it("an epoll set", fd, EV_READ);
}

static void wrong_ends_of_pipes(void) {
  int fds[2];
  pipe_pair(fds);
  try_it("the read end, for writing", fds[0], EV_WRITE);
  try_it("the write end, for reading", fds[1], EV_READ);
  put(fds[1], 1);
  try_it("the write end, for reading, something in the pipe", fds[1], EV_READ);
  close(fds[0]);
  try_it("the write end, for reading, nobody reads", fds[1], EV_READ);
}

static void unconnected_sockets(void) {
  try_it("a fresh TCP socket, for reading", socket(AF_INET, SOCK_STREAM, 0), EV_READ);
  try_it("a fresh TCP socket, for writing", socket(AF_INET, SOCK_STREAM, 0), EV_WRITE);
  try_it("a fresh UDP socket, for both", socket(AF_INET, SOCK_DGRAM, 0), EV_READ | EV_WRITE);
}

static void shut_down(void) {
  evutil_socket_t fds[2];
  socket_pair(fds);
  shutdown(fds[0], SHUT_RD);
  try_it("shut for reading", fds[0], EV_READ);
  shutdown(fds[0], SHUT_WR);
  try_it("shut for both", fds[0], EV_READ | EV_WRITE);
}

static void high_number(int number) {
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= (rlim_t)number) {
    limit.rlim_cur = (rlim_t)number + 1;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) not_here("not so many descriptors allowed");
  }
  int high = dup2(fds[0], number);
  if (high < 0) broken("dup2");
  try_it("readable", high, EV_READ);
}

static void below_1024(void) { high_number(1023); }

static void beyond_fd_setsize(void) {
  struct event_base *base = new_base();
  int is_select = strcmp(event_base_get_method(base), "select") == 0;
  event_base_free(base);
  if (is_select) not_here("select(2) and numbers beyond FD_SETSIZE: see beyond_select");
  high_number(1024);
  high_number(3000);
}

/* libevent marks the number in its set with FD_SET, and glibc ends programs that do so. */
static void beyond_select(void) {
  struct event_base *base = new_base();
  int is_select = strcmp(event_base_get_method(base), "select") == 0;
  if (!is_select) not_here("not select");
  watch_messages();
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= 1100) {
    limit.rlim_cur = 1101;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) not_here("not so many descriptors allowed");
  }
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  pid_t child = fork();
  if (child == 0) {
    struct probe p = {.name = "readable"};
    struct event *ev = event_new(base, dup2(fds[0], 1100), EV_READ, quiet_cb, &p);
    int added = event_add(ev, NULL);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    _exit(added == -1 && p.count == 0 ? 10 : 20);
  }
  int status = 0;
  waitpid(child, &status, 0);
  on_purpose("select-beyond-fd-setsize", "the C library ends the program", "event_add refuses",
             WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? "the C library ends the program"
             : WIFEXITED(status) && WEXITSTATUS(status) == 10   ? "event_add refuses"
                                                                : "something else");
  event_base_free(base);
}

int main(void) {
  situation("/dev/null", null_device);
  situation("a directory", directory);
  situation("eventfd", event_descriptor);
  situation("timerfd", timer_descriptor);
  situation("an epoll set", nested);
  situation("the wrong ends of pipes", wrong_ends_of_pipes);
  situation("sockets that are not connected", unconnected_sockets);
  situation("sockets that are shut down", shut_down);
  situation("descriptor 1023", below_1024);
  situation("descriptors beyond FD_SETSIZE", beyond_fd_setsize);
  situation("descriptors beyond FD_SETSIZE with select", beyond_select);
  return 0;
}
