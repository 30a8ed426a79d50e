/* event_priority_set and event_base_priority_init: what is refused. */
#include "oracle.h"

static void init_values(void) {
  watch_messages();
  const int values[] = {-1, 0, 1, 2, 255, 256, 257, 1000000};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; ++i) {
    struct event_base *base = new_base();
    int got = event_base_priority_init(base, values[i]);
    say("  %d: %d, now %d", values[i], got, event_base_get_npriorities(base));
    event_base_free(base);
  }
}

static void init_again(void) {
  struct event_base *base = new_base();
  ask(event_base_get_npriorities(base));
  ask(event_base_priority_init(base, 7));
  ask(event_base_priority_init(base, 7));
  ask(event_base_priority_init(base, 3));
  ask(event_base_get_npriorities(base));
  event_base_free(base);
}

static void init_while_active(void) {
  struct event_base *base = new_base();
  struct event *ev = event_new(base, -1, 0, quiet_cb, NULL);
  struct timeval tv = ms(1000);
  event_add(ev, &tv);
  ask(event_base_priority_init(base, 4));
  struct probe p = {.name = "p"};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_READ, 1);
  ask(event_base_priority_init(base, 2));
  ask(event_base_get_npriorities(base));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(event_base_priority_init(base, 2));
  ask(event_base_get_npriorities(base));
  event_free(ev);
  event_free(p.ev);
  event_base_free(base);
}

static void set_values(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 3);
  struct event *ev = event_new(base, -1, 0, quiet_cb, NULL);
  const int values[] = {-1, 0, 1, 2, 3, 255, 256};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; ++i) {
    int got = event_priority_set(ev, values[i]);
    say("  %d: %d, now %d", values[i], got, event_get_priority(ev));
  }
  event_free(ev);
  event_base_free(base);
}

static void set_in_each_state(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 3);
  struct timeval tv = ms(1000);
  struct probe p = {.name = "p"};
  watch(base, &p, -1, 0);
  event_add(p.ev, &tv);
  ask(event_priority_set(p.ev, 2));
  event_active(p.ev, EV_READ, 1);
  ask(event_priority_set(p.ev, 0));
  ask(event_get_priority(p.ev));
  event_del(p.ev);
  ask(event_priority_set(p.ev, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void change_own(struct probe *self) {
  ask(event_priority_set(self->ev, 0));
  ask(event_get_priority(self->ev));
}

static void set_in_own_callback(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 3);
  struct probe p = {.name = "p", .then = change_own};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void base_set_takes_the_middle(void) {
  struct event_base *one = new_base(), *other = new_base();
  event_base_priority_init(other, 9);
  struct event *ev = event_new(one, -1, 0, quiet_cb, NULL);
  ask(event_get_priority(ev));
  ask(event_base_set(other, ev));
  ask(event_get_priority(ev));
  event_free(ev);
  event_base_free(one);
  event_base_free(other);
}

static void more_priorities_later(void) {
  struct event_base *base = new_base();
  struct probe early = {.name = "made before"}, late = {.name = "made after"};
  watch(base, &early, -1, 0);
  event_base_priority_init(base, 8);
  watch(base, &late, -1, 0);
  ask(event_get_priority(early.ev));
  ask(event_get_priority(late.ev));
  event_active(late.ev, EV_READ, 1);
  event_active(early.ev, EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(early.ev);
  event_free(late.ev);
  event_base_free(base);
}

int main(void) {
  situation("event_base_priority_init: values", init_values);
  situation("event_base_priority_init: again", init_again);
  situation("event_base_priority_init: with pending and active events", init_while_active);
  situation("event_priority_set: values", set_values);
  situation("event_priority_set: pending and active", set_in_each_state);
  situation("event_priority_set: in its own callback", set_in_own_callback);
  situation("event_base_set takes the middle of the new base", base_set_takes_the_middle);
  situation("priorities set up after the event was made", more_priorities_later);
  return 0;
}
