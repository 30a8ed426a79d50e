/* Buffers: what adding, taking, searching and reading lines cost. Compiled twice: against libevent
 * and against eddy.
 *
 * Pieces of 16 bytes, 1 KiB and 64 KiB; each figure is the CPU time of one call for one piece. The
 * buffers hold as many pieces as fill 64 KiB to 1 MiB. "chains": every piece in a chain of its own,
 * as if each had been received by itself; without it they were added to one buffer, one after the
 * other. What is not measured (filling, emptying) is left out of the clock. */
#include <event2/buffer.h>

#include "common/measure.h"

static char piece[1 << 16];
static char into[1 << 16];
static size_t size;   /* of a piece */
static size_t pieces; /* in a buffer */
static struct evbuffer *buffer;
static struct evbuffer *other;

static void require(int holds, const char *what) {
  if (!holds) bench_fail(what, "not as it should be");
}

/* Ends in a line's end; nothing before it is one. */
static void make_piece(void) {
  for (size_t i = 0; i < size; ++i) piece[i] = (char)('a' + (i * 7) % 26);
  piece[size - 2] = '\r';
  piece[size - 1] = '\n';
}

static void fill(void) {
  for (size_t i = 0; i < pieces; ++i) require(evbuffer_add(buffer, piece, size) == 0, "add");
}

static void fill_chains(void) {
  for (size_t i = 0; i < pieces; ++i) {
    struct evbuffer *one = evbuffer_new();
    require(evbuffer_add(one, piece, size) == 0 && evbuffer_add_buffer(buffer, one) == 0, "chain");
    evbuffer_free(one);
  }
}

static void nothing(void) {}

static void empty(void) {
  evbuffer_drain(buffer, (size_t)-1);
  if (evbuffer_get_length(other) != 0) evbuffer_drain(other, (size_t)-1);
}

static void add(void) { fill(); }

static void prepend(void) {
  for (size_t i = 0; i < pieces; ++i) evbuffer_prepend(buffer, piece, size);
}

/* A queue that is never long: what a server's output is. */
static void queue(void) {
  for (size_t i = 0; i < pieces; ++i) {
    evbuffer_add(buffer, piece, size);
    evbuffer_drain(buffer, size);
  }
}

static void drain(void) {
  for (size_t i = 0; i < pieces; ++i) evbuffer_drain(buffer, size);
}

static void take(void) {
  for (size_t i = 0; i < pieces; ++i)
    require(evbuffer_remove(buffer, into, size) == (int)size, "remove");
}

static void move(void) {
  for (size_t i = 0; i < pieces; ++i)
    require(evbuffer_remove_buffer(buffer, other, size) == (int)size, "remove_buffer");
}

static void pull_up(void) { require(evbuffer_pullup(buffer, -1) != NULL, "pullup"); }

static void read_lines_of(enum evbuffer_eol_style style, size_t expected) {
  for (size_t i = 0; i < pieces; ++i) {
    size_t length;
    char *line = evbuffer_readln(buffer, &length, style);
    require(line != NULL && length == expected, "readln");
    free(line);
  }
}

static void read_lines(void) { read_lines_of(EVBUFFER_EOL_CRLF, size - 2); }
static void read_lines_lf(void) { read_lines_of(EVBUFFER_EOL_LF, size - 1); }
static void read_lines_any(void) { read_lines_of(EVBUFFER_EOL_ANY, size - 2); }

/* The introduction's echo: a line is read, then it and its end are added to another buffer. */
static void pass_lines_on(void) {
  for (size_t i = 0; i < pieces; ++i) {
    size_t length;
    char *line = evbuffer_readln(buffer, &length, EVBUFFER_EOL_LF);
    require(line != NULL && length == size - 1, "readln");
    evbuffer_add(other, line, length);
    evbuffer_add(other, "\n", 1);
    free(line);
  }
}

/* Every end of a line in turn, from the one before on. */
static void search(void) {
  struct evbuffer_ptr at;
  evbuffer_ptr_set(buffer, &at, 0, EVBUFFER_PTR_SET);
  for (size_t i = 0; i < pieces; ++i) {
    at = evbuffer_search(buffer, "\r\n", 2, &at);
    require(at.pos == (ev_ssize_t)((i + 1) * size - 2), "search");
    evbuffer_ptr_set(buffer, &at, 2, EVBUFFER_PTR_ADD);
  }
}

static void search_lines(void) {
  struct evbuffer_ptr at;
  evbuffer_ptr_set(buffer, &at, 0, EVBUFFER_PTR_SET);
  for (size_t i = 0; i < pieces; ++i) {
    size_t length;
    at = evbuffer_search_eol(buffer, &at, &length, EVBUFFER_EOL_CRLF);
    require(at.pos == (ev_ssize_t)((i + 1) * size - 2) && length == 2, "search_eol");
    evbuffer_ptr_set(buffer, &at, 2, EVBUFFER_PTR_ADD);
  }
}

/* What stands nowhere: every byte is looked at. */
static void search_in_vain(void) {
  require(evbuffer_search(buffer, "\r\n\r\n", 4, NULL).pos == -1, "search in vain");
}

struct benchmark {
  const char *name;
  void (*prepare)(void);
  void (*run)(void);
  int calls_once; /* one call for all pieces */
};

static const struct benchmark benchmarks[] = {
    {"add", nothing, add, 0},
    {"prepend", nothing, prepend, 0},
    {"queue", nothing, queue, 0},
    {"drain", fill, drain, 0},
    {"remove", fill, take, 0},
    {"move", fill, move, 0},
    {"readln", fill, read_lines, 0},
    {"readln_lf", fill, read_lines_lf, 0},
    {"readln_any", fill, read_lines_any, 0},
    {"pass_on", fill, pass_lines_on, 0},
    {"search", fill, search, 0},
    {"search_eol", fill, search_lines, 0},
    {"search_in_vain", fill, search_in_vain, 1},
    {"pullup", fill, pull_up, 1},
    {"drain_chains", fill_chains, drain, 0},
    {"remove_chains", fill_chains, take, 0},
    {"move_chains", fill_chains, move, 0},
    {"readln_chains", fill_chains, read_lines, 0},
    {"search_chains", fill_chains, search, 0},
    {"search_eol_chains", fill_chains, search_lines, 0},
    {"search_in_vain_chains", fill_chains, search_in_vain, 1},
    {"pullup_chains", fill_chains, pull_up, 1},
};

/* The least of the rounds: what disturbs one only adds to it. */
static double measure(const struct benchmark *one, long rounds) {
  uint64_t best = UINT64_MAX;
  for (long i = 0; i < rounds; ++i) {
    one->prepare();
    uint64_t began = wall_ns();
    one->run();
    uint64_t took = wall_ns() - began;
    if (took < best) best = took;
    empty();
  }
  return (double)best / (double)(one->calls_once ? 1 : pieces);
}

int main(int argc, char **argv) {
  static const struct { size_t size, pieces; } kinds[] = {{16, 4096}, {1024, 256}, {65536, 16}};
  const long rounds = bench_option(argc, argv, "--rounds", 50);
  if (rounds == 0) bench_fail("--rounds", "must be at least 1");
  buffer = evbuffer_new();
  other = evbuffer_new();
  if (buffer == NULL || other == NULL) bench_fail("evbuffer_new", "out of memory");
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k) {
    size = kinds[k].size;
    pieces = kinds[k].pieces;
    make_piece();
    for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; ++i)
      printf("%s\"%s_%zu\": %.1f", k + i == 0 ? "{" : ", ", benchmarks[i].name, size,
             measure(&benchmarks[i], rounds));
  }
  printf("}\n");
  evbuffer_free(buffer);
  evbuffer_free(other);
  return 0;
}
