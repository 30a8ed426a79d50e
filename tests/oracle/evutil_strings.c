/* evutil: comparing, formatting, numbers. */
#include "oracle.h"

#include <locale.h>
#include <stdarg.h>

static int sign(int n) { return (n > 0) - (n < 0); }

static void compare(void) {
  static const char *const words[] = {"", "a", "A", "abc", "ABD", "abcd", "[", "_", "\xc4", "\xe4"};
  enum { n = sizeof words / sizeof words[0] };
  for (int i = 0; i < n; ++i) {
    char line[128];
    int end = 0;
    for (int j = 0; j < n; ++j) {
      end += snprintf(line + end, sizeof line - (size_t)end, " %d",
                      sign(evutil_ascii_strcasecmp(words[i], words[j])));
    }
    say("  word %d:%s", i, line);
  }
}

static void compare_parts(void) {
  ask(sign(evutil_ascii_strncasecmp("Content-Length", "content-type", 8)));
  ask(sign(evutil_ascii_strncasecmp("Content-Length", "content-type", 9)));
  ask(sign(evutil_ascii_strncasecmp("abc", "ABCdef", 3)));
  ask(sign(evutil_ascii_strncasecmp("abc", "ABCdef", 4)));
  ask(sign(evutil_ascii_strncasecmp("abc", "xyz", 0)));
  ask(sign(evutil_ascii_strncasecmp("abc", "ABC", 100)));
  ask(sign(evutil_ascii_strncasecmp("", "", 5)));
}

static void not_by_locale(void) {
  if (setlocale(LC_ALL, "C.UTF-8") == NULL) say("  (no such locale)");
  ask(sign(evutil_ascii_strcasecmp("TITLE", "title")));
  ask(sign(evutil_ascii_strcasecmp("\xc3\x84", "\xc3\xa4")) != 0);
}

static void truncated(void) {
  char text[8];
  memset(text, '#', sizeof text);
  ask(evutil_snprintf(text, sizeof text, "%s", "1234567"));
  say("  '%s'", text);
  ask(evutil_snprintf(text, sizeof text, "%s", "12345678"));
  say("  '%s'", text);
  ask(evutil_snprintf(text, 1, "%s", "abc"));
  say("  '%s'", text);
  text[0] = '!';
  ask(evutil_snprintf(text, 0, "%s", "abc"));
  say("  untouched: %s", yes(text[0] == '!'));
  ask(evutil_snprintf(text, sizeof text, "%d-%d", -12, 345678));
  say("  '%s'", text);
}

static int by_list(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int by_list(char *text, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int got = evutil_vsnprintf(text, size, format, args);
  va_end(args);
  return got;
}

static void with_a_list(void) {
  char text[16];
  ask(by_list(text, sizeof text, "%04x|%s|%5.2f", 0xbeU, "x", 1.5));
  say("  '%s'", text);
  ask(by_list(text, 4, "%04x|%s", 0xbeU, "x"));
  say("  '%s'", text);
}

static void numbers(void) {
  static const struct {
    const char *text;
    int base;
  } cases[] = {{"0", 10},
               {"-17", 10},
               {"+17", 10},
               {"  42 rest", 10},
               {"9223372036854775807", 10},
               {"9223372036854775808", 10},
               {"-9223372036854775808", 10},
               {"-9223372036854775809", 10},
               {"ff", 16},
               {"0xff", 16},
               {"0xff", 0},
               {"077", 0},
               {"zz", 36},
               {"", 10},
               {"abc", 10},
               {"12ab", 10},
               {"0x", 16}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char *end = NULL;
    ev_int64_t got = evutil_strtoll(cases[i].text, &end, cases[i].base);
    say("  '%s' in base %d: %lld, rest '%s'", cases[i].text, cases[i].base, (long long)got, end);
  }
  ask(evutil_strtoll("123", NULL, 10));
}

static void types(void) {
  ask(sizeof(ev_uint64_t));
  ask(sizeof(ev_int32_t));
  ask(sizeof(ev_uint16_t));
  ask(sizeof(ev_int8_t));
  ask(sizeof(ev_uintptr_t) == sizeof(void *));
  ask(sizeof(ev_ssize_t) == sizeof(size_t));
  ask(sizeof(ev_off_t));
  ask(sizeof(ev_socklen_t) == sizeof(socklen_t));
  ask(EV_UINT64_MAX == 18446744073709551615u);
  ask(EV_INT64_MIN == INT64_MIN);
  ask(EV_INT64_MAX == INT64_MAX);
  ask(EV_UINT32_MAX == 4294967295u);
  ask(EV_INT32_MIN);
  ask(EV_INT32_MAX);
  ask(EV_UINT16_MAX);
  ask(EV_INT16_MIN);
  ask(EV_INT16_MAX);
  ask(EV_UINT8_MAX);
  ask(EV_INT8_MIN);
  ask(EV_INT8_MAX);
  ask(EV_SIZE_MAX == (size_t)-1);
  ask(EV_SSIZE_MAX == EV_INT64_MAX);
  ask(EV_SSIZE_MIN == EV_INT64_MIN);
}

int main(void) {
  situation("evutil_ascii_strcasecmp", compare);
  situation("evutil_ascii_strncasecmp", compare_parts);
  situation("the locale does not count", not_by_locale);
  situation("evutil_snprintf", truncated);
  situation("evutil_vsnprintf", with_a_list);
  situation("evutil_strtoll", numbers);
  situation("integer types and limits", types);
  return 0;
}
