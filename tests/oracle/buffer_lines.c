/* Buffers: searching, lines, callbacks, descriptors, files. */
#include <event2/buffer.h>
#include <event2/buffer_compat.h>

#include "oracle.h"

static struct evbuffer *with(const char *text) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add(b, text, strlen(text));
  return b;
}

/* In pieces of three bytes, each in a chain of its own. */
static struct evbuffer *in_pieces(const char *text) {
  struct evbuffer *b = evbuffer_new();
  for (size_t at = 0; at < strlen(text); at += 3) {
    struct evbuffer *one = evbuffer_new();
    size_t size = strlen(text) - at < 3 ? strlen(text) - at : 3;
    evbuffer_add(one, text + at, size);
    evbuffer_add_buffer(b, one);
    evbuffer_free(one);
  }
  return b;
}

static const char *const styles[] = {"ANY", "CRLF", "CRLF_STRICT", "LF", "NUL"};

static void lines_of(const char *text) {
  for (int style = 0; style < 5; ++style) {
    struct evbuffer *b = in_pieces(text);
    for (int i = 0; i < 8; ++i) {
      size_t eol = 99, n = 99;
      struct evbuffer_ptr at = evbuffer_search_eol(b, NULL, &eol, (enum evbuffer_eol_style)style);
      char *line = evbuffer_readln(b, &n, (enum evbuffer_eol_style)style);
      say("  %s: eol at %d, %zu bytes; line %s, %zu", styles[style], (int)at.pos, eol,
          line ? line : "NULL", n);
      if (line == NULL) break;
      free(line);
    }
    ask(evbuffer_get_length(b));
    evbuffer_free(b);
  }
}

static void lines(void) { lines_of("one\ntwo\r\nthree\rfour\n\r\n\nfive"); }
static void lines_at_the_edges(void) { lines_of("\r\n\r\n"); }
static void no_lines(void) { lines_of("nothing ends here"); }
static void half_a_line(void) { lines_of("half\r"); }

static void nul_lines(void) {
  struct evbuffer *b = evbuffer_new();
  evbuffer_add(b, "one\0two\0", 8);
  size_t n = 0;
  char *line = evbuffer_readln(b, &n, EVBUFFER_EOL_NUL);
  say("  %s %zu", line, n);
  free(line);
  evbuffer_drain(b, evbuffer_get_length(b));
  evbuffer_add(b, "a\0b\nc", 5);
  line = evbuffer_readln(b, &n, EVBUFFER_EOL_LF);
  say("  %zu bytes, the second %d", n, line[1]);
  free(line);
  evbuffer_free(b);
}

static void old_lines(void) {
  struct evbuffer *b = with("one\r\ntwo\nrest");
  for (int i = 0; i < 3; ++i) {
    char *line = evbuffer_readline(b);
    say("  %s", line ? line : "NULL");
    free(line);
  }
  unsigned char *found = evbuffer_find(b, (const unsigned char *)"st", 2);
  say("  found: %s", found ? "yes" : "no");
  found = evbuffer_find(b, (const unsigned char *)"xx", 2);
  say("  found: %s", found ? "yes" : "no");
  ask(EVBUFFER_LENGTH(b));
  say("  %.4s", (char *)EVBUFFER_DATA(b));
  evbuffer_free(b);
}

static int search_from(struct evbuffer *b, const char *what, int start, int end) {
  struct evbuffer_ptr from, to;
  if (start >= 0) evbuffer_ptr_set(b, &from, (size_t)start, EVBUFFER_PTR_SET);
  if (end >= 0) evbuffer_ptr_set(b, &to, (size_t)end, EVBUFFER_PTR_SET);
  return (int)evbuffer_search_range(b, what, strlen(what), start >= 0 ? &from : NULL,
                                    end >= 0 ? &to : NULL)
      .pos;
}

static void searching(void) {
  struct evbuffer *b = in_pieces("abababcabababd");
  ask(search_from(b, "ababc", -1, -1));
  ask(search_from(b, "ababd", -1, -1));
  ask(search_from(b, "abab", 1, -1));
  ask(search_from(b, "abab", 3, -1));
  ask(search_from(b, "abab", 0, 4));
  ask(search_from(b, "abab", 0, 3));
  ask(search_from(b, "d", -1, -1));
  ask(search_from(b, "d", -1, 13));
  ask(search_from(b, "d", 14, -1));
  ask(search_from(b, "nowhere", -1, -1));
  ask(evbuffer_search(b, "c", 1, NULL).pos);
  evbuffer_free(b);
}

static void told(struct evbuffer *b, const struct evbuffer_cb_info *info, void *arg) {
  (void)b;
  say("  %s: %zu +%zu -%zu", (char *)arg, info->orig_size, info->n_added, info->n_deleted);
}

static void told_old(struct evbuffer *b, size_t before, size_t after, void *arg) {
  (void)b;
  say("  %s: %zu to %zu", (char *)arg, before, after);
}

static void callbacks(void) {
  struct evbuffer *a = evbuffer_new(), *b = with("0123456789");
  struct evbuffer_cb_entry *first = evbuffer_add_cb(a, told, "first");
  evbuffer_add_cb(a, told, "second");
  evbuffer_add_cb(b, told, "of b");
  evbuffer_add(a, "hello", 5);
  evbuffer_add(a, "", 0);
  evbuffer_prepend(a, "x", 1);
  evbuffer_drain(a, 2);
  evbuffer_add_buffer(a, b);
  evbuffer_remove_buffer(a, b, 3);
  ask(evbuffer_cb_clear_flags(a, first, EVBUFFER_CB_ENABLED));
  evbuffer_drain(a, 1);
  ask(evbuffer_cb_set_flags(a, first, EVBUFFER_CB_ENABLED));
  evbuffer_drain(a, 1);
  ask(evbuffer_remove_cb_entry(a, first));
  evbuffer_drain(a, 1);
  ask(evbuffer_remove_cb(a, told, "nobody"));
  evbuffer_pullup(a, -1);
  evbuffer_drain(a, 100);
  evbuffer_drain(a, 100);
  ask(evbuffer_setcb(a, told_old, "old"));
  evbuffer_add(a, "abc", 3);
  evbuffer_drain(a, 1);
  ask(evbuffer_setcb(a, NULL, NULL));
  evbuffer_add(a, "abc", 3);
  evbuffer_free(a);
  evbuffer_free(b);
}

static void deferred_callbacks(void) {
  struct event_base *base = event_base_new();
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, told, "deferred");
  ask(evbuffer_defer_callbacks(b, base));
  evbuffer_add(b, "hello", 5);
  evbuffer_add(b, " world", 6);
  evbuffer_drain(b, 4);
  say("  nothing so far");
  event_base_loop(base, EVLOOP_NONBLOCK);
  event_base_loop(base, EVLOOP_NONBLOCK);
  evbuffer_add(b, "!", 1);
  event_base_loop(base, EVLOOP_NONBLOCK);
  evbuffer_free(b);
  event_base_free(base);
}

static void descriptors(void) {
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct evbuffer *out = with("over the wire"), *in = evbuffer_new();
  ask(evbuffer_write_atmost(out, fds[0], 4));
  ask(evbuffer_write(out, fds[0]));
  ask(evbuffer_get_length(out));
  ask(evbuffer_write(out, fds[0]));
  ask(evbuffer_read(in, fds[1], 6));
  ask(evbuffer_read(in, fds[1], -1));
  ask(evbuffer_read(in, fds[1], -1));
  say("  %s", error_name(errno));
  ask(evbuffer_get_length(in));
  close(fds[0]);
  ask(evbuffer_read(in, fds[1], 100));
  ask(evbuffer_read(in, -1, 100));
  evbuffer_add(out, "x", 1);
  ask(evbuffer_write_atmost(out, fds[1], 0));
  ask(evbuffer_get_length(out));
  evbuffer_freeze(in, 0);
  ask(evbuffer_read(in, fds[1], 100));
  evbuffer_freeze(out, 1);
  ask(evbuffer_write(out, fds[1]));
  close(fds[1]);
  evbuffer_free(out);
  evbuffer_free(in);
}

static void much_at_once(void) {
  evutil_socket_t fds[2];
  socket_pair(fds);
  static char text[20000];
  ask(write(fds[0], text, sizeof text));
  struct evbuffer *in = evbuffer_new();
  ask(evbuffer_read(in, fds[1], 10000));
  ask(evbuffer_read(in, fds[1], -1));
  evbuffer_free(in);
}

static void ended(struct evbuffer_file_segment const *segment, int flags, void *arg) {
  (void)segment;
  say("  the segment ended: flags %d, %s", flags, (char *)arg);
}

static FILE *file_of(const char *text) {
  FILE *file = tmpfile();
  fputs(text, file);
  fflush(file);
  return file;
}

static void show(struct evbuffer *b) {
  char text[100] = "";
  evbuffer_copyout(b, text, sizeof text - 1);
  say("  %zu bytes \"%s\"", evbuffer_get_length(b), text);
}

/* (A part that the segment does not have makes libevent 2.1.12 give up a reference that it did not
 * take, and it crashes later; unit/buffer_face_test asks eddy.) */
static void files(void) {
  FILE *file = file_of("0123456789abcdef");
  struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  struct evbuffer_file_segment *s =
      evbuffer_file_segment_new(fileno(file), 2, 10, EVBUF_FS_DISABLE_SENDFILE);
  evbuffer_file_segment_add_cleanup_cb(s, ended, "told");
  ask(evbuffer_add_file_segment(a, s, 0, -1));
  ask(evbuffer_add_file_segment(b, s, 3, 4));
  show(a);
  show(b);
  evbuffer_free(a);
  evbuffer_free(b);
  say("  both are gone");
  evbuffer_file_segment_free(s);
  fclose(file);
}

static void whole_file(void) {
  FILE *file = file_of("whole");
  struct evbuffer *b = evbuffer_new();
  evutil_socket_t fds[2];
  socket_pair(fds);
  int fd = dup(fileno(file));
  ask(evbuffer_add_file(b, fd, 0, -1));
  ask(evbuffer_get_length(b));
  ask(evbuffer_write(b, fds[0]));
  char text[10] = "";
  ask(read(fds[1], text, 9));
  say("  \"%s\", closed: %s", text, yes(fcntl(fd, F_GETFD) < 0));
  evbuffer_free(b);
  fclose(file);
}

static void locking(void) {
  struct evbuffer *b = evbuffer_new();
  ask(evbuffer_enable_locking(b, NULL));
  evthread_use_pthreads();
  ask(evbuffer_enable_locking(b, NULL));
  ask(evbuffer_enable_locking(b, NULL));
  evbuffer_lock(b);
  ask(evbuffer_add(b, "x", 1));
  evbuffer_unlock(b);
  ask(evbuffer_set_flags(b, EVBUFFER_FLAG_DRAINS_TO_FD));
  ask(evbuffer_clear_flags(b, EVBUFFER_FLAG_DRAINS_TO_FD));
  evbuffer_free(b);
}

int main(void) {
  situation("lines", lines);
  situation("lines at the edges", lines_at_the_edges);
  situation("no lines", no_lines);
  situation("half a line", half_a_line);
  situation("lines that end with 0", nul_lines);
  situation("the old functions", old_lines);
  situation("searching", searching);
  situation("callbacks", callbacks);
  situation("deferred callbacks", deferred_callbacks);
  situation("descriptors", descriptors);
  situation("much at once", much_at_once);
  situation("parts of files", files);
  situation("a whole file", whole_file);
  situation("locking", locking);
  return 0;
}
