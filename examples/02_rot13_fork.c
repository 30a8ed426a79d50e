/* The introduction's second program: a process for each connection.
 *
 * Every process is as simple as the blocking client: it reads, it writes, and while it waits it
 * needs no buffer but the one on its stack. The system keeps apart what belongs to which client.
 * The price is a process for each of them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/lines.h"
#include "common/net.h"
#include "servers.h"

static void serve(int fd) {
  struct lines lines;
  lines_init(&lines);
  while (lines_receive(&lines, fd) > 0)
    if (lines_send(&lines, fd) < 0) break;
}

/* Those that have ended would stay as zombies. */
static void reap(int signal) {
  (void)signal;
  int error = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
  errno = error;
}

static void accept_forever(int listener) {
  while (!net_should_stop()) {
    int fd;
    enum accept_result result = net_accept(listener, &fd);
    if (result == ACCEPT_NO_ROOM)
      sleep(1); /* until a client leaves: its end interrupts the sleep */
    if (result != ACCEPT_DONE) continue;
    pid_t child = fork();
    if (child == 0) {
      close(listener);
      signal(SIGINT, SIG_DFL);
      signal(SIGTERM, SIG_DFL);
      serve(fd);
      _exit(0);
    }
    if (child < 0) net_refuse(fd, "server full: no more processes\n");
    if (child > 0) close(fd);
  }
}

int rot13_fork_main(int argc, char **argv) {
  struct options options;
  int status;
  if (options_read(&options, argc, argv, "A ROT13 server with a process for each connection.", 0,
                   &status))
    return status;
  struct sigaction on_child;
  memset(&on_child, 0, sizeof on_child);
  on_child.sa_handler = reap;
  sigaction(SIGCHLD, &on_child, NULL);
  net_stop_on_signals();
  int listener = net_listen(&options);
  if (listener < 0) return 1;
  accept_forever(listener);
  close(listener);
  return 0;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return rot13_fork_main(argc, argv); }
#endif
