/* Buffers: adding, taking, moving, and what is refused. */
#include <event2/buffer.h>
#include <stdarg.h>

#include "oracle.h"

/* The contents, by copying. */
static void show(const char *name, struct evbuffer *b) {
  char text[200];
  ev_ssize_t n = evbuffer_copyout(b, text, sizeof text - 1);
  text[n < 0 ? 0 : n] = '\0';
  for (char *c = text; *c; ++c)
    if (*c == '\r' || *c == '\n') *c = *c == '\r' ? '<' : '/';
  say("  %s: %zu bytes \"%s\"", name, evbuffer_get_length(b), text);
}

static struct evbuffer *with(const char *text) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add(b, text, strlen(text));
  return b;
}

static int print_list(struct evbuffer *b, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int size = evbuffer_add_vprintf(b, format, arguments);
  va_end(arguments);
  return size;
}

static void adding(void) {
  struct evbuffer *b = evbuffer_new();
  show("new", b);
  ask(evbuffer_add(b, "hello", 5));
  ask(evbuffer_add(b, NULL, 0));
  ask(evbuffer_prepend(b, "say: ", 5));
  ask(evbuffer_prepend(b, NULL, 0));
  show("both", b);
  ask(evbuffer_add_printf(b, "-%d-%s-", 42, "text"));
  ask(evbuffer_add_printf(b, "%s", ""));
  ask(print_list(b, "%s %d", "list", 7));
  show("printed", b);
  struct evbuffer_iovec v[3] = {{.iov_base = "one", .iov_len = 3},
                                {.iov_base = "", .iov_len = 0},
                                {.iov_base = "two", .iov_len = 3}};
  say("  iovec %zu", evbuffer_add_iovec(b, v, 3));
  say("  none %zu", evbuffer_add_iovec(b, v, 0));
  show("pieces", b);
  evbuffer_free(b);
}

static void long_print(void) {
  struct evbuffer *b = evbuffer_new();
  static char text[20000];
  memset(text, 'p', sizeof text - 1);
  ask(evbuffer_add_printf(b, "%s", text));
  ask(evbuffer_add_printf(b, "%s%s", text, text));
  ask(evbuffer_get_length(b));
  evbuffer_free(b);
}

static void taking(void) {
  struct evbuffer *b = with("0123456789");
  char text[20] = "";
  ask(evbuffer_remove(b, text, 3));
  ask(evbuffer_remove(b, text, 0));
  ask(evbuffer_drain(b, 2));
  ask(evbuffer_drain(b, 0));
  show("left", b);
  ask(evbuffer_copyout(b, text, 3));
  ask(evbuffer_copyout(b, text, 0));
  ask(evbuffer_remove(b, text, sizeof text));
  ask(evbuffer_remove(b, text, sizeof text));
  ask(evbuffer_copyout(b, text, sizeof text));
  ask(evbuffer_drain(b, 100));
  show("empty", b);
  evbuffer_add(b, "again", 5);
  ask(evbuffer_drain(b, 100));
  show("drained", b);
  evbuffer_free(b);
}

static void copying_from(void) {
  struct evbuffer *b = with("0123456789");
  struct evbuffer_ptr at;
  char text[20];
  ask(evbuffer_ptr_set(b, &at, 4, EVBUFFER_PTR_SET));
  ev_ssize_t n = evbuffer_copyout_from(b, &at, text, 3);
  say("  %d \"%.3s\"", (int)n, text);
  ask(evbuffer_copyout_from(b, &at, text, 100));
  ask(evbuffer_ptr_set(b, &at, 10, EVBUFFER_PTR_SET));
  ask(evbuffer_copyout_from(b, &at, text, 3));
  ask(evbuffer_copyout_from(b, NULL, text, 3));
  evbuffer_free(b);
}

static void places(void) {
  struct evbuffer *b = with("0123456789");
  struct evbuffer_ptr at;
  ask(evbuffer_ptr_set(b, &at, 0, EVBUFFER_PTR_SET));
  ask(evbuffer_ptr_set(b, &at, 7, EVBUFFER_PTR_ADD));
  ask(at.pos);
  ask(evbuffer_ptr_set(b, &at, 3, EVBUFFER_PTR_ADD));
  ask(at.pos);
  ask(evbuffer_ptr_set(b, &at, 1, EVBUFFER_PTR_ADD));
  ask(at.pos);
  ask(evbuffer_ptr_set(b, &at, 11, EVBUFFER_PTR_SET));
  ask(at.pos);
  ask(evbuffer_ptr_set(b, &at, 10, EVBUFFER_PTR_SET));
  ask(at.pos);
  evbuffer_free(b);
  b = evbuffer_new();
  ask(evbuffer_ptr_set(b, &at, 0, EVBUFFER_PTR_SET));
  ask(at.pos);
  evbuffer_free(b);
}

static void moving(void) {
  struct evbuffer *a = with("left"), *b = with("right");
  ask(evbuffer_add_buffer(a, b));
  show("a", a);
  show("b", b);
  ask(evbuffer_add_buffer(a, b));
  ask(evbuffer_add_buffer(b, a));
  ask(evbuffer_prepend_buffer(a, b));
  show("a", a);
  evbuffer_add(b, "front ", 6);
  ask(evbuffer_prepend_buffer(a, b));
  show("a", a);
  ask(evbuffer_remove_buffer(a, b, 7));
  show("a", a);
  show("b", b);
  ask(evbuffer_remove_buffer(a, b, 0));
  ask(evbuffer_remove_buffer(a, b, 1000));
  show("a", a);
  show("b", b);
  ask(evbuffer_remove_buffer(a, b, 10));
  evbuffer_free(a);
  evbuffer_free(b);
}

static void pulling(void) {
  struct evbuffer *a = with("abc"), *b = with("defghi"), *c = with("jkl");
  evbuffer_add_buffer(a, b);
  evbuffer_add_buffer(a, c);
  ask(evbuffer_get_contiguous_space(a));
  unsigned char *p = evbuffer_pullup(a, 5);
  say("  5: %.5s", p ? (char *)p : "NULL");
  say("  at least 5 in one piece: %s", yes(evbuffer_get_contiguous_space(a) >= 5));
  say("  too much: %s", null(evbuffer_pullup(a, 100)));
  p = evbuffer_pullup(a, -1);
  say("  all: %.12s", p ? (char *)p : "NULL");
  ask(evbuffer_get_contiguous_space(a));
  show("a", a);
  say("  of an empty one: %s", null(evbuffer_pullup(b, -1)));
  say("  one byte of an empty one: %s", null(evbuffer_pullup(b, 1)));
  ask(evbuffer_get_contiguous_space(b));
  evbuffer_free(a);
  evbuffer_free(b);
  evbuffer_free(c);
}

static void peeking(void) {
  struct evbuffer *a = with("abc"), *b = with("defghi");
  evbuffer_add_buffer(a, b);
  struct evbuffer_iovec v[4];
  struct evbuffer_ptr at;
  ask(evbuffer_peek(a, -1, NULL, NULL, 0));
  ask(evbuffer_peek(a, 3, NULL, NULL, 0));
  ask(evbuffer_peek(a, 4, NULL, NULL, 0));
  ask(evbuffer_peek(a, 100, NULL, v, 4));
  say("  %.*s|%.*s", (int)v[0].iov_len, (char *)v[0].iov_base, (int)v[1].iov_len,
      (char *)v[1].iov_base);
  ask(evbuffer_peek(a, -1, NULL, v, 1));
  ask(evbuffer_peek(a, 9, NULL, v, 1));
  evbuffer_ptr_set(a, &at, 2, EVBUFFER_PTR_SET);
  int n = evbuffer_peek(a, -1, &at, v, 4);
  say("  from 2: %d, %.*s", n, (int)v[0].iov_len, (char *)v[0].iov_base);
  evbuffer_ptr_set(a, &at, 4, EVBUFFER_PTR_SET);
  ask(evbuffer_peek(a, -1, &at, v, 4));
  evbuffer_ptr_set(a, &at, 9, EVBUFFER_PTR_SET);
  ask(evbuffer_peek(b, -1, NULL, v, 4));
  evbuffer_free(a);
  evbuffer_free(b);
}

static void room(void) {
  struct evbuffer *b = evbuffer_new();
  struct evbuffer_iovec v[2];
  ask(evbuffer_expand(b, 5000));
  ask(evbuffer_get_length(b));
  ask(evbuffer_reserve_space(b, 100, v, 1));
  say("  enough: %s", yes(v[0].iov_len >= 100));
  memcpy(v[0].iov_base, "reserved", 8);
  v[0].iov_len = 8;
  ask(evbuffer_commit_space(b, v, 1));
  show("b", b);
  ask(evbuffer_reserve_space(b, -1, v, 1));
  ask(evbuffer_reserve_space(b, 10, v, 0));
  int n = evbuffer_reserve_space(b, 100000, v, 2);
  say("  two at most: %s", yes(n == 1 || n == 2));
  v[0].iov_len = 1;
  ((char *)v[0].iov_base)[0] = '!';
  ask(evbuffer_commit_space(b, v, 1));
  show("b", b);
  ask(evbuffer_commit_space(b, v, 0));
  evbuffer_reserve_space(b, 10, v, 1);
  v[0].iov_base = (char *)v[0].iov_base + 1;
  v[0].iov_len = 1;
  ask(evbuffer_commit_space(b, v, 1));
  show("b", b);
  evbuffer_free(b);
}

static void freezing(void) {
  struct evbuffer *b = with("frozen"), *other = with("other");
  struct evbuffer_iovec v[2];
  char text[10];
  ask(evbuffer_freeze(b, 0));
  ask(evbuffer_add(b, "x", 1));
  ask(evbuffer_add(b, "x", 0));
  ask(evbuffer_add_printf(b, "%d", 1));
  ask(evbuffer_add_buffer(b, other));
  ask(evbuffer_remove_buffer(other, b, 1));
  ask(evbuffer_reserve_space(b, 10, v, 1));
  ask(evbuffer_add_reference(b, "r", 1, NULL, NULL));
  ask(evbuffer_prepend(b, "<", 1));
  ask(evbuffer_remove(b, text, 1));
  ask(evbuffer_unfreeze(b, 0));
  ask(evbuffer_freeze(b, 1));
  ask(evbuffer_add(b, "x", 1));
  ask(evbuffer_prepend(b, "x", 1));
  ask(evbuffer_prepend_buffer(b, other));
  ask(evbuffer_drain(b, 1));
  ask(evbuffer_remove(b, text, 1));
  ask(evbuffer_copyout(b, text, 1));
  ask(evbuffer_remove_buffer(b, other, 1));
  ask(evbuffer_add_buffer(other, b));
  say("  line %s", null(evbuffer_readln(b, NULL, EVBUFFER_EOL_LF)));
  ask(evbuffer_unfreeze(b, 1));
  show("b", b);
  show("other", other);
  evbuffer_free(b);
  evbuffer_free(other);
}

static int cleaned;
static void cleanup(const void *data, size_t size, void *extra) {
  ++cleaned;
  say("  given back: %zu bytes \"%.*s\", %s", size, (int)size, (const char *)data, (char *)extra);
}

static void references(void) {
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  ask(evbuffer_add_reference(a, "borrowed", 8, cleanup, "first"));
  ask(evbuffer_add(a, " own", 4));
  show("a", a);
  ask(evbuffer_drain(a, 3));
  ask(evbuffer_add_buffer(b, a));
  ask(evbuffer_drain(b, 4));
  ask(cleaned);
  ask(evbuffer_drain(b, 1));
  ask(cleaned);
  show("b", b);
  ask(evbuffer_add_reference(b, "second", 6, cleanup, "second"));
  evbuffer_free(b);
  ask(cleaned);
  evbuffer_free(a);
}

static void multicast(void) {
  struct evbuffer *a = with("to everybody"), *b = with("b: "), *c = evbuffer_new();
  ask(evbuffer_add_buffer_reference(b, a));
  ask(evbuffer_add_buffer_reference(c, a));
  show("a", a);
  show("b", b);
  ask(evbuffer_drain(a, 3));
  show("a", a);
  show("c", c);
  ask(evbuffer_add_buffer_reference(a, b));
  struct evbuffer *nothing = evbuffer_new();
  ask(evbuffer_add_buffer_reference(c, nothing));
  evbuffer_free(nothing);
  evbuffer_free(a);
  show("b", b);
  show("c", c);
  evbuffer_free(b);
  evbuffer_free(c);
}

static void to_itself(void) {
  struct evbuffer *a = with("self");
  ask(evbuffer_add_buffer(a, a));
  ask(evbuffer_prepend_buffer(a, a));
  ask(evbuffer_remove_buffer(a, a, 2));
  show("a", a);
  evbuffer_free(a);
}

static void too_much(void) {
  struct evbuffer *b = with("x");
  struct evbuffer_iovec v;
  ask(evbuffer_expand(b, (size_t)-1));
  ask(evbuffer_expand(b, ((size_t)-1) >> 1));
  ask(evbuffer_add(b, b, ((size_t)-1) >> 1));
  ask(evbuffer_prepend(b, b, ((size_t)-1) >> 1));
  ask(evbuffer_reserve_space(b, (ev_ssize_t)(((size_t)-1) >> 1), &v, 1));
  show("b", b);
  evbuffer_free(b);
}

int main(void) {
  situation("adding", adding);
  situation("printing much", long_print);
  situation("taking", taking);
  situation("copying from a place", copying_from);
  situation("places", places);
  situation("moving", moving);
  situation("pulling up", pulling);
  situation("peeking", peeking);
  situation("room", room);
  situation("freezing", freezing);
  situation("references", references);
  situation("one text to many", multicast);
  situation("to itself", to_itself);
  situation("too much", too_much);
  return 0;
}
