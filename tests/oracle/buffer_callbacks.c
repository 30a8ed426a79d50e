/* Buffers: who is told of what, also when callbacks change the buffer, the callbacks, or
 * themselves. */
#include <event2/buffer.h>
#include <event2/buffer_compat.h>

#include "oracle.h"

static int depth;
static struct evbuffer_cb_entry *entry; /* what a callback below works on */

static void told(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  say("  %s: %zu +%zu -%zu, has %zu", (char *)argument, info->orig_size, info->n_added,
      info->n_deleted, evbuffer_get_length(b));
}

static void told_old(struct evbuffer *b, size_t before, size_t after, void *argument) {
  (void)b;
  say("  %s: %zu to %zu", (char *)argument, before, after);
}

static void takes_one(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  told(b, info, argument);
  if (info->n_added == 0 || depth >= 3) return;
  ++depth;
  evbuffer_drain(b, 1);
  --depth;
}

static void adds_a_callback(struct evbuffer *b, const struct evbuffer_cb_info *info,
                            void *argument) {
  told(b, info, argument);
  if (depth++ == 0) evbuffer_add_cb(b, told, "added by a callback");
}

static void removes_itself(struct evbuffer *b, const struct evbuffer_cb_info *info,
                           void *argument) {
  told(b, info, argument);
  evbuffer_remove_cb_entry(b, entry);
}

static void disables(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  told(b, info, argument);
  evbuffer_cb_clear_flags(b, entry, EVBUFFER_CB_ENABLED);
}

static void enables(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  told(b, info, argument);
  evbuffer_cb_set_flags(b, entry, EVBUFFER_CB_ENABLED);
}

static void changes(void) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, told, "first");
  evbuffer_add_cb(b, told, "second");
  evbuffer_add_cb(b, takes_one, "takes");
  evbuffer_add_cb(b, told, "last");
  ask(evbuffer_add(b, "abcdef", 6));
  ask(evbuffer_prepend(b, "x", 1));
  evbuffer_free(b);
}

static void changed_callbacks(void) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, told, "first");
  evbuffer_add_cb(b, adds_a_callback, "adds");
  ask(evbuffer_add(b, "x", 1));
  ask(evbuffer_add(b, "x", 1));
  entry = evbuffer_add_cb(b, removes_itself, "once");
  ask(evbuffer_add(b, "x", 1));
  ask(evbuffer_add(b, "x", 1));
  evbuffer_free(b);
}

static void disabling(void) {
  struct evbuffer *b = evbuffer_new();
  entry = evbuffer_add_cb(b, told, "subject");
  evbuffer_add_cb(b, disables, "disables");
  ask(evbuffer_add(b, "x", 1));
  evbuffer_add_cb(b, enables, "enables");
  ask(evbuffer_add(b, "y", 1));
  evbuffer_free(b);
  b = evbuffer_new();
  entry = evbuffer_add_cb(b, told, "all flags");
  ask(evbuffer_cb_clear_flags(b, entry, 0xffffffff));
  ask(evbuffer_add(b, "xyz", 3));
  ask(evbuffer_drain(b, 1));
  ask(evbuffer_cb_set_flags(b, entry, 0xffffffff));
  ask(evbuffer_add(b, "xyz", 3));
  evbuffer_free(b);
}

static void old_ones(void) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, told, "new");
  ask(evbuffer_setcb(b, told_old, "old"));
  evbuffer_add(b, "xy", 2);
  evbuffer_add_cb(b, told, "new again");
  evbuffer_add(b, "z", 1);
  ask(evbuffer_setcb(b, NULL, NULL));
  evbuffer_add(b, "xy", 2);
  ask(evbuffer_setcb(b, told_old, "old again"));
  evbuffer_drain(b, 1);
  ask(evbuffer_remove_cb(b, told, "old again"));
  evbuffer_drain(b, 1);
  evbuffer_free(b);
}

static void turn(struct event_base *base) {
  say("  a turn");
  event_base_loop(base, EVLOOP_NONBLOCK);
}

static void deferring(void) {
  struct event_base *base = new_base();
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, told, "first");
  ask(evbuffer_defer_callbacks(b, base));
  evbuffer_add_cb(b, told, "second");
  evbuffer_add(b, "abc", 3);
  evbuffer_drain(b, 3);
  turn(base);
  evbuffer_add(b, "abc", 3);
  evbuffer_setcb(b, told_old, "old");
  turn(base);
  evbuffer_drain(b, 1);
  turn(base);
  evbuffer_add(b, "q", 1);
  evbuffer_setcb(b, NULL, NULL);
  turn(base);
  evbuffer_add_cb(b, takes_one, "takes");
  evbuffer_add(b, "qqq", 3);
  for (int i = 0; i < 3; ++i) turn(base);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  evbuffer_free(b);
  b = evbuffer_new();
  entry = evbuffer_add_cb(b, told, "disabled at first");
  evbuffer_cb_clear_flags(b, entry, EVBUFFER_CB_ENABLED);
  evbuffer_defer_callbacks(b, base);
  evbuffer_add(b, "abc", 3);
  evbuffer_cb_set_flags(b, entry, EVBUFFER_CB_ENABLED);
  turn(base);
  evbuffer_add(b, "d", 1);
  turn(base);
  evbuffer_free(b);
  event_base_free(base);
}

static char *line_of(struct evbuffer *b, enum evbuffer_eol_style style) {
  return evbuffer_readln(b, NULL, style);
}

/* A line and its end go one after the other. */
static void lines(void) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add(b, "one\n\ntwo\r\nthree\rfour\n", 21);
  evbuffer_add_cb(b, told, "told");
  free(line_of(b, EVBUFFER_EOL_LF));
  free(line_of(b, EVBUFFER_EOL_LF));
  free(line_of(b, EVBUFFER_EOL_CRLF_STRICT));
  free(line_of(b, EVBUFFER_EOL_ANY));
  free(line_of(b, EVBUFFER_EOL_CRLF));
  say("  no more: %s", null(line_of(b, EVBUFFER_EOL_LF)));
  evbuffer_add(b, "\nold\r\n", 6);
  for (int i = 0; i < 2; ++i) free(evbuffer_readline(b));
  evbuffer_free(b);
}

/* Every call that changes one of two buffers. */
static void both(void) {
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  struct evbuffer_iovec v[2];
  evbuffer_add_cb(a, told, "a");
  evbuffer_add_cb(b, told, "b");
  ask(evbuffer_add_printf(a, "%d", 5));
  ask(evbuffer_expand(a, 100));
  evbuffer_reserve_space(a, 10, v, 1);
  v[0].iov_len = 4;
  memcpy(v[0].iov_base, "abcd", 4);
  ask(evbuffer_commit_space(a, v, 1));
  evbuffer_reserve_space(a, 10, v, 1);
  v[0].iov_len = 0;
  ask(evbuffer_commit_space(a, v, 1));
  ask(evbuffer_add_reference(a, "reference", 9, NULL, NULL));
  say("  pulled up: %s", null(evbuffer_pullup(a, -1)));
  ask(evbuffer_add_buffer_reference(b, a));
  ask(evbuffer_prepend_buffer(a, b));
  ask(evbuffer_remove_buffer(a, b, 3));
  ask(evbuffer_remove_buffer(b, a, 3));
  ask(evbuffer_remove_buffer(a, b, 1000));
  ask(evbuffer_prepend_buffer(b, a));
  ask(evbuffer_drain(b, 0));
  ask(evbuffer_add(b, NULL, 0));
  ask(evbuffer_prepend(b, NULL, 0));
  evutil_socket_t ends[2];
  socket_pair(ends);
  ask(evbuffer_write_atmost(b, ends[0], 2));
  ask(evbuffer_write(b, ends[0]));
  ask(evbuffer_read(a, ends[1], 3));
  ask(evbuffer_read(a, ends[1], 0));
  ask(evbuffer_read(a, ends[1], -1));
  evbuffer_free(a);
  evbuffer_free(b);
}

int main(void) {
  situation("callbacks that change the buffer", changes);
  situation("callbacks that change the callbacks", changed_callbacks);
  situation("disabled callbacks", disabling);
  situation("callbacks of the old kind", old_ones);
  situation("deferred callbacks", deferring);
  situation("lines", lines);
  situation("two buffers", both);
  return 0;
}
