// Strings independent of the locale: evutil_strtoll(), evutil_snprintf(),
// evutil_ascii_strcasecmp().
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include <event2/util.h>

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

extern "C" {

ev_int64_t evutil_strtoll(const char* s, char** endptr, int base) {
  return std::strtoll(s, endptr, base);
}

int evutil_vsnprintf(char* buf, size_t buflen, const char* format, va_list ap) {
  // As in libevent, which asks nothing of `buf` here: nothing is formatted, and the result says 0.
  if (buflen == 0) return 0;
  const int length = std::vsnprintf(buf, buflen, format, ap);
  buf[buflen - 1] = '\0';
  return length;
}

int evutil_snprintf(char* buf, size_t buflen, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = evutil_vsnprintf(buf, buflen, format, arguments);
  va_end(arguments);
  return length;
}

int evutil_ascii_strcasecmp(const char* str1, const char* str2) {
  for (;; ++str1, ++str2) {
    const char a = lower(*str1);
    const char b = lower(*str2);
    if (a != b) return a < b ? -1 : 1;
    if (a == '\0') return 0;
  }
}

int evutil_ascii_strncasecmp(const char* str1, const char* str2, size_t n) {
  for (; n > 0; --n, ++str1, ++str2) {
    const char a = lower(*str1);
    const char b = lower(*str2);
    if (a != b) return a < b ? -1 : 1;
    if (a == '\0') return 0;
  }
  return 0;
}

}  // extern "C"
