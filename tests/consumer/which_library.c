/* Compiled for the installed libevent, run on whatever the loader finds: prints the file that
 * event_base_new comes from, every mapped file that bears libevent's or eddy's name, and whether a
 * timer, a pthreads lock and the version work. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/thread.h>
#include <stdio.h>
#include <string.h>

static void on_time(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  (void)what;
  *(int *)context += 1;
}

static void print_maps(void) {
  char line[4096];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    const char *path = strchr(line, '/');
    const char *name = path == NULL ? NULL : strrchr(path, '/') + 1;
    if (name == NULL) continue;
    if (strncmp(name, "libevent", 8) == 0 || strncmp(name, "libeddy", 7) == 0) {
      printf("maps %s", path);
    }
  }
  if (maps != NULL) fclose(maps);
}

int main(void) {
  const struct timeval delay = {0, 1000};
  Dl_info info;
  int calls = 0;
  struct event_base *base;
  struct event timer; /* by value: the size was fixed when this was compiled */
  if (dladdr(dlsym(RTLD_DEFAULT, "event_base_new"), &info) == 0) return 1;
  printf("from %s\n", info.dli_fname);
  print_maps();
  if (evthread_use_pthreads() != 0 || (base = event_base_new()) == NULL) return 1;
  if (event_assign(&timer, base, -1, 0, on_time, &calls) != 0) return 1;
  if (event_add(&timer, &delay) != 0 || event_base_dispatch(base) != 1) return 1;
  printf("calls %d version %s\n", calls, event_get_version());
  event_base_free(base);
  return calls == 1 ? 0 : 1;
}
