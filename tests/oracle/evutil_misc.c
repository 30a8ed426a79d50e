/* evutil: dates, random bytes, struct timeval, offsets. */
#include "oracle.h"

#include <stddef.h>
#include <time.h>

static void dates(void) {
  const time_t seconds[] = {0, 784111777, 951782400, 1709210096, 4102444799};
  for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; ++i) {
    struct tm parts;
    gmtime_r(&seconds[i], &parts);
    char text[64];
    int got = evutil_date_rfc1123(text, sizeof text, &parts);
    say("  %lld: %d '%s'", (long long)seconds[i], got, text);
  }
}

static void dates_in_little_room(void) {
  struct tm parts;
  time_t second = 784111777;
  gmtime_r(&second, &parts);
  for (size_t room = 28; room <= 31; ++room) {
    char text[64];
    memset(text, '#', sizeof text);
    int got = evutil_date_rfc1123(text, room, &parts);
    say("  room for %d: %d, fits %s", (int)room, got, yes(got < (int)room));
    say("    '%.*s'", (int)strnlen(text, room), text);
  }
}

static void date_of_now(void) {
  char text[64];
  time_t before = time(NULL);
  int got = evutil_date_rfc1123(text, sizeof text, NULL);
  time_t after = time(NULL) + 1; /* time() lags behind by up to a tick */
  int same = 0;
  for (time_t t = before; t <= after; ++t) {
    char expected[64];
    struct tm parts;
    gmtime_r(&t, &parts);
    evutil_date_rfc1123(expected, sizeof expected, &parts);
    same |= strcmp(text, expected) == 0;
  }
  ask(got);
  say("  the time now: %s", yes(same));
}

static void random_bytes(void) {
  unsigned char bytes[512];
  int seen[256] = {0}, different = 0;
  ask(evutil_secure_rng_init());
  evutil_secure_rng_add_bytes("some more", 9);
  memset(bytes, 0xa5, sizeof bytes);
  evutil_secure_rng_get_bytes(bytes, 0);
  say("  none asked, none written: %s", yes(bytes[0] == 0xa5));
  evutil_secure_rng_get_bytes(bytes, sizeof bytes - 1);
  say("  the byte behind is untouched: %s", yes(bytes[sizeof bytes - 1] == 0xa5));
  for (size_t i = 0; i < sizeof bytes - 1; ++i) seen[bytes[i]]++;
  for (int i = 0; i < 256; ++i) different += seen[i] != 0;
  /* 511 bytes hold some 220 values; fewer than 150 happens less than once in 10^30 times. */
  say("  looks random: %s", yes(different >= 150));
  unsigned char again[16];
  evutil_secure_rng_get_bytes(again, sizeof again);
  say("  not the same again: %s", yes(memcmp(bytes, again, sizeof again) != 0));
}

static void random_bytes_from_a_file(void) {
  static char device[] = "/dev/urandom";
  ask(evutil_secure_rng_set_urandom_device_file(device));
  ask(evutil_secure_rng_init());
  unsigned char bytes[4];
  evutil_secure_rng_get_bytes(bytes, sizeof bytes);
  ask(evutil_secure_rng_init());
}

static void random_bytes_after_fork(void) {
  unsigned char here[16], there[16];
  evutil_secure_rng_get_bytes(here, sizeof here);
  int ends[2];
  if (pipe(ends) != 0) broken("pipe");
  pid_t child = fork();
  if (child == 0) {
    evutil_secure_rng_get_bytes(there, sizeof there);
    if (write(ends[1], there, sizeof there) != (ssize_t)sizeof there) _exit(1);
    _exit(0);
  }
  evutil_secure_rng_get_bytes(here, sizeof here);
  if (read(ends[0], there, sizeof there) != (ssize_t)sizeof there) broken("read");
  waitpid(child, NULL, 0);
  say("  parent and child draw different ones: %s", yes(memcmp(here, there, sizeof here) != 0));
}

static void say_time(const char *what, const struct timeval *tv) {
  say("  %s: %ld s %ld us", what, (long)tv->tv_sec, (long)tv->tv_usec);
}

static void timevals(void) {
  struct timeval a = {10, 600000}, b = {3, 700000}, c;
  evutil_timeradd(&a, &b, &c);
  say_time("sum", &c);
  evutil_timersub(&a, &b, &c);
  say_time("difference", &c);
  evutil_timersub(&b, &a, &c);
  say_time("negative difference", &c);
  ask(evutil_timercmp(&a, &b, <));
  ask(evutil_timercmp(&a, &b, >));
  ask(evutil_timercmp(&a, &a, ==));
  ask(evutil_timercmp(&a, &a, >=));
  ask(evutil_timercmp(&b, &a, <=));
  ask(evutil_timercmp(&a, &b, !=));
  ask(evutil_timerisset(&a) != 0);
  evutil_timerclear(&a);
  ask(evutil_timerisset(&a) != 0);
  struct timeval now;
  ask(evutil_gettimeofday(&now, NULL));
  say("  the time now: %s", yes(now.tv_sec >= time(NULL) - 1 && now.tv_sec <= time(NULL) + 1));
}

struct example {
  char first;
  int second;
};

static void offsets(void) {
  ask(evutil_offsetof(struct example, first));
  ask(evutil_offsetof(struct example, second) == offsetof(struct example, second));
}

int main(void) {
  situation("evutil_date_rfc1123", dates);
  situation("evutil_date_rfc1123 in little room", dates_in_little_room);
  situation("evutil_date_rfc1123 of now", date_of_now);
  situation("evutil_secure_rng", random_bytes);
  situation("evutil_secure_rng from a file", random_bytes_from_a_file);
  situation("evutil_secure_rng after fork", random_bytes_after_fork);
  situation("struct timeval", timevals);
  situation("offsets", offsets);
  return 0;
}
