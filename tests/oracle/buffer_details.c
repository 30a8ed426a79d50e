/* Buffers: what a frozen end refuses, what peeking shows, where an iovec's bytes stand, parts of
 * files, sizes that cannot be. */
#include <event2/buffer.h>
#include <event2/buffer_compat.h>
#include <stdint.h>

#include "oracle.h"

/* (Adding nothing makes a piece of no bytes in libevent, which peeking shows.) */
static struct evbuffer *with(const char *text) {
  struct evbuffer *b = evbuffer_new();
  if (*text != '\0') evbuffer_add(b, text, strlen(text));
  return b;
}

/* --- freezing ------------------------------------------------------------------------------- */

static int pipe_ends[2];

static long taking(int what, struct evbuffer *b, struct evbuffer *other, size_t n) {
  char text[20];
  struct evbuffer_ptr at;
  switch (what) {
    case 0:
      return evbuffer_drain(b, n);
    case 1:
      return evbuffer_remove(b, text, n);
    case 2:
      return evbuffer_copyout(b, text, n);
    case 3:
      if (evbuffer_ptr_set(b, &at, 1, EVBUFFER_PTR_SET) != 0) return -99;
      return evbuffer_copyout_from(b, &at, text, n);
    case 4:
      return evbuffer_pullup(b, (ev_ssize_t)n) != NULL;
    case 5:
      return evbuffer_remove_buffer(b, other, n);
    case 6:
      return evbuffer_add_buffer(other, b);
    case 7:
      return evbuffer_prepend_buffer(other, b);
    case 8:
      return evbuffer_add_buffer_reference(other, b);
    case 9:
      return evbuffer_write_atmost(b, pipe_ends[1], (ev_ssize_t)n);
    default:
      return evbuffer_peek(b, (ev_ssize_t)n, NULL, NULL, 0);
  }
}

static long adding(int what, struct evbuffer *b, struct evbuffer *other, size_t n) {
  struct evbuffer_iovec v = {.iov_base = (char[]){"ab"}, .iov_len = n};
  switch (what) {
    case 11:
      return evbuffer_add(b, "ab", n);
    case 12:
      return evbuffer_prepend(b, "ab", n);
    case 13:
      return evbuffer_add_printf(b, "%.*s", (int)n, "ab");
    case 14:
      return (long)evbuffer_add_iovec(b, &v, 1);
    case 15:
      return evbuffer_expand(b, n);
    case 16:
      return evbuffer_reserve_space(b, (ev_ssize_t)n, &v, 1);
    case 17:
      return evbuffer_commit_space(b, NULL, 0);
    case 18:
      return evbuffer_add_buffer(b, other);
    case 19:
      return evbuffer_prepend_buffer(b, other);
    case 20:
      return evbuffer_add_buffer_reference(b, other);
    case 21:
      return n == 0 ? 0 : evbuffer_add_reference(b, "ab", n, NULL, NULL);
    case 22:
      return evbuffer_remove_buffer(other, b, n);
    default:
      return evbuffer_read(b, pipe_ends[0], (int)n);
  }
}

/* Every call on a buffer that is frozen at none, one or both of its ends, with and without data. */
static void frozen(void) {
  pipe_pair(pipe_ends);
  for (int what = 0; what <= 23; ++what)
    for (int variant = 0; variant < 32; ++variant) {
      struct evbuffer *b = with(variant & 4 ? "hello" : ""),
                      *other = with(variant & 8 ? "other" : "");
      size_t n = variant & 16 ? 2 : 0;
      if (variant & 1) evbuffer_freeze(b, 1);
      if (variant & 2) evbuffer_freeze(b, 0);
      long got = (what <= 10 ? taking : adding)(what, b, other, n);
      say("  call %d%s%s, of %zu with %zu, %zu: %ld, %zu, %zu", what, variant & 1 ? " front" : "",
          variant & 2 ? " end" : "", variant & 4 ? (size_t)5 : 0, variant & 8 ? (size_t)5 : 0, n,
          got, evbuffer_get_length(b), evbuffer_get_length(other));
      evbuffer_free(b);
      evbuffer_free(other);
    }
}

/* --- pieces --------------------------------------------------------------------------------- */

/* Five pieces that stay as they are, because they are lent. */
static struct evbuffer *in_pieces(void) {
  struct evbuffer *b = evbuffer_new();
  const char *text = "abcdefghijklmn";
  static const size_t sizes[] = {3, 1, 4, 4, 2};
  for (int i = 0; i < 5; text += sizes[i++]) evbuffer_add_reference(b, text, sizes[i], NULL, NULL);
  return b;
}

static void peek_at(struct evbuffer *b, long start, long wanted, int most) {
  struct evbuffer_iovec v[6];
  struct evbuffer_ptr at;
  if (start >= 0) evbuffer_ptr_set(b, &at, (size_t)start, EVBUFFER_PTR_SET);
  int n = evbuffer_peek(b, wanted, start >= 0 ? &at : NULL, most != 0 ? v : NULL, most);
  char line[100];
  int length =
      snprintf(line, sizeof line, "  from %ld, %ld bytes, %d pieces: %d", start, wanted, most, n);
  for (int i = 0; i < n && i < most; ++i)
    length += snprintf(line + length, sizeof line - (size_t)length, " %.*s", (int)v[i].iov_len,
                       (char *)v[i].iov_base);
  say("%s", line);
}

static void peeking(void) {
  struct evbuffer *b = in_pieces();
  for (int drained = 0; drained < 3; ++drained) {
    const long size = (long)evbuffer_get_length(b);
    for (long start = -1; start <= size; ++start)
      for (long wanted = -1; wanted <= size + 2; ++wanted)
        for (int most = 0; most <= 6; most += 2) peek_at(b, start, wanted, most);
    evbuffer_drain(b, 2);
  }
  evbuffer_free(b);
}

static void pulling_up(void) {
  for (int n = 0; n <= 15; ++n) {
    struct evbuffer *b = in_pieces();
    const unsigned char *front = evbuffer_pullup(b, n);
    say("  %d: %.*s", n, front != NULL ? n : 4, front != NULL ? (const char *)front : "NULL");
    say("  enough: %s", yes(evbuffer_get_contiguous_space(b) >= (size_t)n));
    evbuffer_free(b);
  }
}

static void told(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  (void)b, (void)argument;
  say("  told: %zu +%zu -%zu", info->orig_size, info->n_added, info->n_deleted);
}

/* Several pieces of memory become one piece of the buffer. */
static void one_piece(void) {
  char text[400] = "";
  for (size_t before = 0; before < 400; before += 50) {
    struct evbuffer *b = evbuffer_new();
    evbuffer_add(b, text, before);
    struct evbuffer_iovec v[] = {{text, 100}, {text, 0}, {text, 200}, {text, 300}};
    evbuffer_add_cb(b, told, NULL);
    say("  behind %zu: %zu", before, evbuffer_add_iovec(b, v, 4));
    struct evbuffer_ptr at;
    evbuffer_ptr_set(b, &at, before, EVBUFFER_PTR_SET);
    ask(evbuffer_peek(b, -1, &at, NULL, 0));
    evbuffer_free(b);
  }
}

/* --- files ---------------------------------------------------------------------------------- */

static FILE *file_of(size_t size) {
  FILE *file = tmpfile();
  for (size_t i = 0; i < size; ++i) fputc('a' + (int)(i % 26), file);
  fflush(file);
  return file;
}

static void ended(const struct evbuffer_file_segment *s, int flags, void *argument) {
  (void)s, (void)argument;
  say("  the segment ended, flags %d", flags);
}

static void with_flags(unsigned segment_flags) {
  FILE *file = file_of(10000);
  int fd = dup(fileno(file)), ends[2];
  say("  flags %u", segment_flags);
  struct evbuffer_file_segment *s = evbuffer_file_segment_new(fd, 100, 5000, segment_flags);
  evbuffer_file_segment_add_cleanup_cb(s, ended, NULL);
  struct evbuffer *b = evbuffer_new();
  ask(evbuffer_add_file_segment(b, s, 0, -1));
  ask(evbuffer_add_file_segment(b, s, 10, 20));
  ask(evbuffer_add_file_segment(b, s, 0, 0));
  ask(evbuffer_add_file_segment(b, s, 5000, -1));
  evbuffer_file_segment_free(s);
  ask(evbuffer_search(b, "z", 1, NULL).pos);
  char text[6000] = "";
  evbuffer_copyout(b, text, 20);
  say("  %zu bytes: %s", evbuffer_get_length(b), text);
  ask(evbuffer_pullup(b, 10) != NULL);
  socket_pair(ends);
  ask(evbuffer_write(b, ends[0]));
  ask(read(ends[1], text, sizeof text));
  ask(evbuffer_get_length(b));
  evbuffer_free(b);
  say("  still open: %s", yes(fcntl(fd, F_GETFD) >= 0));
  fclose(file);
}

static void segment_flags(void) {
  for (unsigned f = 0; f < 16; ++f) with_flags(f);
}

/* With what a large file needs: several writes, data before and behind. */
static void large_file(void) {
  FILE *file = file_of(200000);
  int fd = dup(fileno(file)), ends[2];
  struct evbuffer *b = evbuffer_new();
  evbuffer_set_flags(b, EVBUFFER_FLAG_DRAINS_TO_FD);
  ask(evbuffer_add(b, "head", 4));
  ask(evbuffer_add_file(b, fd, 7, 150000));
  ask(evbuffer_add(b, "tail", 4));
  ask(evbuffer_get_length(b));
  socket_pair(ends);
  static char text[300000];
  size_t got = 0;
  for (int i = 0; i < 10000 && got < 150008; ++i) {
    evbuffer_write(b, ends[0]);
    ssize_t n = read(ends[1], text + got, sizeof text - got);
    if (n > 0) got += (size_t)n;
  }
  say("  %zu bytes: %.10s ... %.6s", got, text, text + got - 6);
  ask(evbuffer_get_length(b));
  say("  still open: %s", yes(fcntl(fd, F_GETFD) >= 0));
  evbuffer_free(b);
  fclose(file);
}

static void refused_files(void) {
  FILE *file = file_of(100);
  static const long parts[][2] = {{-1, 10}, {0, -2}, {0, 100}, {10, 20}, {50, 50}, {5, 0}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
    struct evbuffer *b = with("x");
    int fd = dup(fileno(file));
    say("  %ld, %ld: %d, %zu bytes", parts[i][0], parts[i][1],
        evbuffer_add_file(b, fd, parts[i][0], parts[i][1]), evbuffer_get_length(b));
    evbuffer_free(b);
  }
  fclose(file);
}

/* --- where eddy differs ---------------------------------------------------------------------- */

static char outcome[200];

static void cleaned(const void *data, size_t n, void *argument) {
  (void)data, (void)n;
  *(int *)argument = 1;
}

static void on_purpose_references(void) {
  int done = 0;
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_reference(b, "x", 0, cleaned, &done);
  on_purpose("reference-to-nothing", "kept", "given back at once",
             done ? "given back at once" : "kept");
  evbuffer_free(b);
}

static const char *file_result(ev_off_t offset, ev_off_t length, int freeze) {
  FILE *file = file_of(100);
  int fd = dup(fileno(file));
  struct evbuffer *b = evbuffer_new();
  if (freeze) evbuffer_freeze(b, 0);
  int got = evbuffer_add_file(b, fd, offset, length);
  snprintf(outcome, sizeof outcome, "%d, %zu bytes, %s", got, evbuffer_get_length(b),
           got == 0                  ? ""
           : fcntl(fd, F_GETFD) >= 0 ? "open"
                                     : "closed");
  evbuffer_free(b);
  fclose(file);
  return outcome;
}

static void quiet(int severity, const char *message) { (void)severity, (void)message; }

static void on_purpose_files(void) {
  event_set_log_callback(quiet);
  on_purpose("file-to-its-end", "0, 100 bytes, ", "0, 40 bytes, ", file_result(60, -1, 0));
  on_purpose("file-of-nothing", "-1, 0 bytes, open", "0, 0 bytes, ", file_result(0, 0, 0));
  on_purpose("file-refused", "-1, 0 bytes, closed", "-1, 0 bytes, open", file_result(0, 10, 1));
}

static void deferred(struct evbuffer *b, const struct evbuffer_cb_info *info, void *argument) {
  (void)b, (void)info;
  *(int *)argument = 1;
}

static void on_purpose_callbacks(void) {
  int called = 0;
  struct event_base *base = new_base();
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_cb(b, deferred, &called);
  evbuffer_defer_callbacks(b, base);
  evbuffer_add(b, "x", 1);
  evbuffer_free(b);
  event_base_loop(base, EVLOOP_NONBLOCK);
  on_purpose("buffer-freed-with-callback-due", "called", "not called",
             called ? "called" : "not called");
  event_base_free(base);
}

/* Sums that pass what a length can be. */
static void on_purpose_sizes(void) {
  const size_t most = SIZE_MAX / 2;
  struct evbuffer *b = evbuffer_new();
  evbuffer_add_reference(b, "x", most - 10, NULL, NULL);
  int got = evbuffer_add_reference(b, "x", most - 10, NULL, NULL);
  snprintf(outcome, sizeof outcome, "%d", got);
  on_purpose("length-overflow", "0", "-1", outcome);
  struct evbuffer *c = evbuffer_new();
  struct evbuffer_iovec v[] = {{"x", 1}, {"x", SIZE_MAX}};
  snprintf(outcome, sizeof outcome, "%zu", evbuffer_add_iovec(c, v, 2));
  on_purpose("iovec-overflow", "1", "0", outcome);
  evbuffer_free(b);
  evbuffer_free(c);
}

int main(void) {
  situation("frozen", frozen);
  situation("peeking", peeking);
  situation("pulling up", pulling_up);
  situation("one piece", one_piece);
  situation("segments with flags", segment_flags);
  situation("a large file", large_file);
  situation("parts of files that are refused", refused_files);
  situation("references to nothing", on_purpose_references);
  situation("files, differently", on_purpose_files);
  situation("a callback that is due", on_purpose_callbacks);
  situation("sizes, differently", on_purpose_sizes);
  return 0;
}
