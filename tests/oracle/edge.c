/* Edge-triggered events; on a method without them the transcript says so on both sides. */
#include "oracle.h"

static struct event_base *edge_base(void) {
  struct event_base *base = new_base();
  say("  edge-triggered here: %s", yes(event_base_get_features(base) & EV_FEATURE_ET));
  return base;
}

static int has_edges(struct event_base *base) {
  return (event_base_get_features(base) & EV_FEATURE_ET) != 0;
}

static void once_per_arrival(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "edge"};
  ask(event_add(watch(base, &p, fds[0], EV_READ | EV_ET | EV_PERSIST), NULL));
  put(fds[1], 2);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void level_is_every_time(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "level"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  put(fds[1], 2);
  for (int i = 0; i < 3; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void writable_edge(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "edge"};
  event_add(watch(base, &p, fds[0], EV_WRITE | EV_ET | EV_PERSIST), NULL);
  for (int i = 0; i < 3; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void re_added_gives_a_new_edge(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "edge"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_ET | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_del(p.ev);
  event_add(p.ev, NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void one_shot_edge(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "edge"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_ET), NULL);
  ask(event_base_loop(base, 0));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void mixed_on_one_fd(void) {
  struct event_base *base = edge_base();
  if (!has_edges(base)) not_here("the method has no edge-triggered events");
  watch_messages();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe edge = {.name = "edge"}, level = {.name = "level"};
  ask(event_add(watch(base, &edge, fds[0], EV_READ | EV_ET | EV_PERSIST), NULL));
  ask(event_add(watch(base, &level, fds[0], EV_READ | EV_PERSIST), NULL));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  event_free(edge.ev);
  event_free(level.ev);
  event_base_free(base);
}

static void both_directions(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "edge"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_WRITE | EV_ET | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void timeout_of_an_edge_event(void) {
  struct event_base *base = edge_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(10);
  struct probe p = {.name = "edge", .then = then_del};
  event_add(watch(base, &p, fds[0], EV_READ | EV_ET | EV_PERSIST), &tv);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("once per arrival", once_per_arrival);
  situation("level-triggered: as long as there is something", level_is_every_time);
  situation("writable", writable_edge);
  situation("deleted and added again", re_added_gives_a_new_edge);
  situation("one-shot", one_shot_edge);
  situation("mixed with a level-triggered event of the fd", mixed_on_one_fd);
  situation("both directions", both_directions);
  situation("a timeout", timeout_of_an_edge_event);
  return 0;
}
