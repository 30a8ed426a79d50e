/* A user of the C face: a pipe and a timer; prints what called back, in order. */
#include <event2/event.h>

#include <stdio.h>
#include <unistd.h>

static void on_readable(evutil_socket_t fd, short what, void *context) {
  char byte = 0;
  (void)context;
  if (what == EV_READ && read(fd, &byte, 1) == 1) printf("read %c\n", byte);
}

static void on_time(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  if (what == EV_TIMEOUT) printf("time\n");
  event_base_loopbreak(context);
}

int main(void) {
  const struct timeval delay = {0, 20000};
  int ends[2];
  struct event_base *base = event_base_new();
  struct event *readable;
  struct event *timer;
  if (base == NULL || pipe(ends) != 0) return 1;
  readable = event_new(base, ends[0], EV_READ | EV_PERSIST, on_readable, NULL);
  timer = event_new(base, -1, 0, on_time, base);
  if (readable == NULL || timer == NULL) return 1;
  if (event_add(readable, NULL) != 0 || event_add(timer, &delay) != 0) return 1;
  if (write(ends[1], "e", 1) != 1) return 1;
  if (event_base_dispatch(base) != 0) return 1;
  event_free(timer);
  event_free(readable);
  event_base_free(base);
  close(ends[0]);
  close(ends[1]);
  return 0;
}
