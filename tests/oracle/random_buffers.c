/* Pseudo-random calls on three buffers: the same results, contents and callbacks.
 *
 * What depends on how the bytes are spread over chains is not printed: numbers of pieces, room
 * beyond what was asked for. Lines show contents by their hash. */
#include <event2/buffer.h>
#include <event2/buffer_compat.h>

#include "oracle.h"

enum { n_buffers = 3, n_callbacks = 3, steps = 400, most_bytes = 300000 };

struct subject {
  struct evbuffer *buffer;
  int front_frozen;
  struct evbuffer_cb_entry *callbacks[n_callbacks];
  int enabled[n_callbacks];
};

static struct subject subjects[n_buffers];
static unsigned long long state;
static char bytes[10000], copied[4 * most_bytes];
static size_t size;
static int pipe_ends[2];

static size_t draw(size_t below) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (size_t)(state >> 33) % below;
}

static void make_bytes(void) {
  size = draw(8) == 0 ? draw(9000) : draw(40);
  for (size_t i = 0; i < size; ++i) bytes[i] = draw(12) < 10 ? "ab\r\n"[draw(4)] : '\0';
}

static unsigned hash(const void *data, size_t n) {
  unsigned h = 2166136261u;
  for (size_t i = 0; i < n; ++i) h = (h ^ ((const unsigned char *)data)[i]) * 16777619u;
  return h;
}

static unsigned contents(struct subject *s) {
  if (s->front_frozen) evbuffer_unfreeze(s->buffer, 1);
  ev_ssize_t n = evbuffer_copyout(s->buffer, copied, sizeof copied);
  if (s->front_frozen) evbuffer_freeze(s->buffer, 1);
  return n < 0 ? 0 : hash(copied, (size_t)n);
}

static void thaw(struct subject *s) {
  evbuffer_unfreeze(s->buffer, 0);
  evbuffer_unfreeze(s->buffer, 1);
  s->front_frozen = 0;
}

static void freeze(struct subject *s) {
  thaw(s);
  s->front_frozen = (int)draw(2);
  say("  freeze: %d", evbuffer_freeze(s->buffer, s->front_frozen));
}

static void told(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  say("    %s: %zu +%zu -%zu, has %zu", (const char *)argument, info->orig_size, info->n_added,
      info->n_deleted, evbuffer_get_length(b));
}

static void given_back(const void *data, size_t n, void *argument) {
  (void)data;
  say("    given back: %zu", n);
  free(argument);
}

/* A place within the buffer; NULL half of the time, and when there is none. */
static struct evbuffer_ptr *place(struct subject *s, struct evbuffer_ptr *at) {
  size_t length = evbuffer_get_length(s->buffer);
  if (length == 0 || draw(2) == 0) return NULL;
  evbuffer_ptr_set(s->buffer, at, draw(length + 1), EVBUFFER_PTR_SET);
  return at;
}

static void adding(struct subject *s) {
  make_bytes();
  switch (draw(6)) {
    case 0:
      ask(evbuffer_prepend(s->buffer, bytes, size));
      break;
    case 1: {
      size_t part = size > 30 ? 30 : size;
      char *lent = malloc(part + 1);
      memcpy(lent, bytes, part);
      /* (What is lent and has no bytes: see buffer_details.c.) */
      if (part == 0 || evbuffer_add_reference(s->buffer, lent, part, given_back, lent) != 0) {
        say("  not lent");
        free(lent);
      }
      break;
    }
    case 2:
      ask(evbuffer_add_printf(s->buffer, "%zu-%s-%*d", size, "abc", (int)draw(200), 7));
      break;
    case 3: {
      struct evbuffer_iovec v[3] = {
          {bytes, size / 3}, {bytes + size / 3, size - size / 3}, {bytes, draw(10)}};
      ask(evbuffer_add_iovec(s->buffer, v, (int)draw(4)));
      break;
    }
    default:
      ask(evbuffer_add(s->buffer, bytes, size));
  }
}

static void reserving(struct subject *s, size_t some) {
  struct evbuffer_iovec v[2];
  int n = evbuffer_reserve_space(s->buffer, (ev_ssize_t)some + 1, v, 1 + (int)draw(2));
  say("  reserved: %d", n > 0 ? 1 : n);
  if (n <= 0) return;
  size_t left = draw(some + 1);
  for (int i = 0; i < n; ++i) {
    if (v[i].iov_len > left) v[i].iov_len = left;
    left -= v[i].iov_len;
    memset(v[i].iov_base, 'r', v[i].iov_len);
  }
  ask(evbuffer_commit_space(s->buffer, v, n));
}

static void moving(struct subject *s, struct subject *other, size_t some) {
  switch (draw(3)) {
    case 0:
      ask(evbuffer_add_buffer(s->buffer, other->buffer));
      break;
    case 1:
      ask(evbuffer_prepend_buffer(s->buffer, other->buffer));
      break;
    default:
      ask(evbuffer_remove_buffer(s->buffer, other->buffer, some));
  }
}

static void taking(struct subject *s, size_t some) {
  struct evbuffer_ptr at;
  ev_ssize_t n = 0;
  switch (draw(5)) {
    case 0:
      n = evbuffer_remove(s->buffer, copied, some);
      break;
    case 1:
      n = evbuffer_copyout(s->buffer, copied, some);
      break;
    case 2:
      n = evbuffer_copyout_from(s->buffer, place(s, &at), copied, some);
      break;
    case 3:
      ask(evbuffer_drain(s->buffer, draw(8) == 0 ? (size_t)-1 : some));
      break;
    default: {
      unsigned char *front = evbuffer_pullup(s->buffer, draw(5) == 0 ? -1 : (ev_ssize_t)some);
      say("  pulled up: %s", null(front));
      if (front != NULL && some <= evbuffer_get_length(s->buffer)) say("  %x", hash(front, some));
    }
  }
  say("  taken: %d, %x", (int)n, n > 0 ? hash(copied, (size_t)n) : 0);
}

static void reading_lines(struct subject *s) {
  struct evbuffer_ptr at;
  size_t n = 66;
  enum evbuffer_eol_style style = (enum evbuffer_eol_style)draw(5);
  at = evbuffer_search_eol(s->buffer, place(s, &at), &n, style);
  say("  style %d: an end at %d of %zu", style, (int)at.pos, n);
  char *line = draw(5) == 0 ? evbuffer_readline(s->buffer) : evbuffer_readln(s->buffer, &n, style);
  say("  line: %s %zu %x", null(line), n, line != NULL ? hash(line, strlen(line)) : 0);
  free(line);
}

static void searching(struct subject *s) {
  char what[4];
  struct evbuffer_ptr from, until;
  size_t n = 1 + draw(4);
  for (size_t i = 0; i < n; ++i) what[i] = "ab\r\n"[draw(4)];
  const struct evbuffer_ptr *start = place(s, &from);
  const struct evbuffer_ptr *end = place(s, &until);
  ask(evbuffer_search_range(s->buffer, what, n, start, end).pos);
  ask(evbuffer_search(s->buffer, what, n, start).pos);
  unsigned char *found = evbuffer_find(s->buffer, (const unsigned char *)what, n);
  say("  found: %d", found == NULL ? -1 : (int)(found - evbuffer_pullup(s->buffer, 1)));
}

static void peeking(struct subject *s, size_t some) {
  struct evbuffer_iovec v[100];
  struct evbuffer_ptr at;
  ev_ssize_t wanted = draw(3) == 0 ? -1 : (ev_ssize_t)some + 1;
  int n = evbuffer_peek(s->buffer, wanted, place(s, &at), v, 100);
  if (n > 100) return;
  size_t seen = 0;
  for (int i = 0; i < n; seen += v[i++].iov_len) memcpy(copied + seen, v[i].iov_base, v[i].iov_len);
  if (wanted >= 0 && seen > (size_t)wanted) seen = (size_t)wanted;
  say("  seen: %zu %x", seen, hash(copied, seen));
}

static void listening(struct subject *s) {
  static const char *const names[] = {"first", "second", "third"};
  size_t i = draw(n_callbacks);
  struct evbuffer_cb_entry **entry = &s->callbacks[i];
  if (*entry == NULL) {
    *entry = evbuffer_add_cb(s->buffer, told, (void *)names[i]);
    s->enabled[i] = 1;
  } else if (draw(2)) {
    ask(evbuffer_remove_cb_entry(s->buffer, *entry));
    *entry = NULL;
  } else {
    s->enabled[i] = !s->enabled[i];
    say("  %s: %d", s->enabled[i] ? "enable" : "disable",
        (s->enabled[i] ? evbuffer_cb_set_flags : evbuffer_cb_clear_flags)(s->buffer, *entry,
                                                                          EVBUFFER_CB_ENABLED));
  }
}

static void by_descriptor(struct subject *s, size_t some) {
  if (draw(2))
    ask(evbuffer_write_atmost(s->buffer, pipe_ends[1], draw(3) == 0 ? -1 : (ev_ssize_t)some));
  else
    ask(evbuffer_read(s->buffer, pipe_ends[0], draw(3) == 0 ? -1 : (int)some));
}

static void step(void) {
  struct subject *s = &subjects[draw(n_buffers)], *other = &subjects[draw(n_buffers)];
  const size_t length = evbuffer_get_length(s->buffer), some = draw(length + 20);
  switch (draw(14)) {
    case 0:
    case 1:
    case 2:
      adding(s);
      break;
    case 3:
      reserving(s, some);
      break;
    case 4:
    case 5:
      moving(s, other, some);
      break;
    case 6:
    case 7:
      taking(s, some);
      break;
    case 8:
      reading_lines(s);
      break;
    case 9:
      searching(s);
      break;
    case 10:
      peeking(s, some);
      break;
    case 11:
      listening(s);
      break;
    case 12:
      by_descriptor(s, some);
      break;
    default:
      if (draw(4) == 0)
        freeze(s);
      else
        thaw(s);
  }
  if (evbuffer_get_length(s->buffer) > most_bytes) {
    thaw(s);
    evbuffer_drain(s->buffer, (size_t)-1);
  }
}

static void script(void) {
  pipe_pair(pipe_ends);
  for (int i = 0; i < n_buffers; ++i) subjects[i] = (struct subject){.buffer = evbuffer_new()};
  for (int i = 0; i < steps; ++i) {
    say("  step %d", i);
    step();
    for (int k = 0; k < n_buffers; ++k)
      say("  %c: %zu %x", 'a' + k, evbuffer_get_length(subjects[k].buffer), contents(&subjects[k]));
  }
  for (int i = 0; i < n_buffers; ++i) evbuffer_free(subjects[i].buffer);
}

int main(void) {
  for (unsigned long long seed = 1; seed <= 12; ++seed) {
    char title[40];
    snprintf(title, sizeof title, "script %llu", seed);
    state = seed;
    situation(title, script);
  }
  return 0;
}
