/* event_config_set_max_dispatch_interval: how many callbacks before the next look. */
#include "oracle.h"

static struct event_base *limited(const struct timeval *tv, int callbacks, int priority) {
  struct event_config *config = event_config_new();
  ask(event_config_set_max_dispatch_interval(config, tv, callbacks, priority));
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == NULL) broken("event_base_new_with_config");
  ask(event_base_priority_init(base, 3));
  return base;
}

static evutil_socket_t fds[2];

/* The third callback makes the urgent socket readable; when it is told depends on the limit. */
static void third_writes(struct probe *self) {
  int *calls = self->data;
  if (++*calls == 3) put(fds[1], 1);
}

static void ten_and_an_urgent_one(struct event_base *base, int priority) {
  socket_pair(fds);
  int calls = 0;
  struct probe urgent = {.name = "urgent"};
  struct probe p[8];
  memset(p, 0, sizeof p);
  event_priority_set(watch(base, &urgent, fds[0], EV_READ), 0);
  event_add(urgent.ev, NULL);
  for (int i = 0; i < 8; ++i) {
    p[i].name = "plain";
    p[i].then = third_writes;
    p[i].data = &calls;
    event_priority_set(watch(base, &p[i], -1, 0), priority);
    event_active(p[i].ev, EV_TIMEOUT, 1);
  }
  ask(event_base_loop(base, 0));
  event_free(urgent.ev);
  for (int i = 0; i < 8; ++i) event_free(p[i].ev);
  event_base_free(base);
}

static void no_limit(void) { ten_and_an_urgent_one(limited(NULL, -1, 0), 1); }

static void four_callbacks(void) { ten_and_an_urgent_one(limited(NULL, 4, 0), 1); }

static void one_callback(void) { ten_and_an_urgent_one(limited(NULL, 1, 1), 1); }

static void not_for_the_urgent(void) { ten_and_an_urgent_one(limited(NULL, 4, 2), 1); }

static void for_the_last_priority(void) { ten_and_an_urgent_one(limited(NULL, 4, 2), 2); }

static void slow_third(struct probe *self) {
  int *calls = self->data;
  if (++*calls == 3) {
    put(fds[1], 1);
    burn(60);
  }
}

static void by_time(void) {
  struct timeval tv = ms(40);
  struct event_base *base = limited(&tv, -1, 1);
  socket_pair(fds);
  int calls = 0;
  struct probe urgent = {.name = "urgent"};
  struct probe p[5];
  memset(p, 0, sizeof p);
  event_priority_set(watch(base, &urgent, fds[0], EV_READ), 0);
  event_add(urgent.ev, NULL);
  for (int i = 0; i < 5; ++i) {
    p[i].name = "plain";
    p[i].then = slow_third;
    p[i].data = &calls;
    watch(base, &p[i], -1, 0);
    event_active(p[i].ev, EV_TIMEOUT, 1);
  }
  ask(event_base_loop(base, 0));
  /* Only that the urgent one did not wait for all is promised; how a slow machine splits the
   * others is not, and the interval is wide enough for two quick callbacks. */
  event_free(urgent.ev);
  for (int i = 0; i < 5; ++i) event_free(p[i].ev);
  event_base_free(base);
}

static void zero_callbacks(void) { ten_and_an_urgent_one(limited(NULL, 0, 0), 1); }

int main(void) {
  situation("no limit", no_limit);
  situation("four callbacks", four_callbacks);
  situation("one callback", one_callback);
  situation("a limit for priority 2 and above, events of 1", not_for_the_urgent);
  situation("a limit for priority 2 and above, events of 2", for_the_last_priority);
  situation("an interval", by_time);
  situation("no callbacks at all", zero_callbacks);
  return 0;
}
