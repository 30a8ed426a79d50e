/* evutil: addresses as text and back. */
#include "oracle.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

static const char *const texts[] = {
    "127.0.0.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3",    "1.2.3.4.5", "01.2.3.4",
    "1.2.3.4x",  "",        "a.b.c.d",         "1..2.3",    "-1.2.3.4", "1.2.3.4 "};

static const char *const texts6[] = {"::",
                                     "::1",
                                     "1::",
                                     "2001:db8::1",
                                     "1:2:3:4:5:6:7:8",
                                     "1:2:3:4:5:6:7",
                                     "1:2:3:4:5:6:7:8:9",
                                     "::ffff:1.2.3.4",
                                     "::1.2.3.4",
                                     "1::2::3",
                                     "fe80::1",
                                     "ABCD::EF01",
                                     "12345::",
                                     "::1.2.3",
                                     "1:2:3:4:5:6:1.2.3.4",
                                     "",
                                     ":",
                                     ":::",
                                     "g::1",
                                     "1:2:3:4:5:6:7::",
                                     "::2:3:4:5:6:7:8",
                                     "[::1]",
                                     "1:",
                                     ":1",
                                     "::1%lo",
                                     "64:ff9b::192.0.2.33"};

static void v4(void) {
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    struct in_addr address;
    char back[64];
    int got = evutil_inet_pton(AF_INET, texts[i], &address);
    if (got == 1) {
      say("  '%s': %d, back '%s'", texts[i], got,
          evutil_inet_ntop(AF_INET, &address, back, sizeof back));
    } else {
      say("  '%s': %d", texts[i], got);
    }
  }
}

static void v6(void) {
  for (size_t i = 0; i < sizeof texts6 / sizeof texts6[0]; ++i) {
    struct in6_addr address;
    char back[64];
    int got = evutil_inet_pton(AF_INET6, texts6[i], &address);
    if (got == 1) {
      say("  '%s': %d, back '%s'", texts6[i], got,
          evutil_inet_ntop(AF_INET6, &address, back, sizeof back));
    } else {
      say("  '%s': %d", texts6[i], got);
    }
  }
}

static void short_buffers(void) {
  struct in_addr four;
  struct in6_addr six;
  evutil_inet_pton(AF_INET, "10.20.30.40", &four);
  evutil_inet_pton(AF_INET6, "2001:db8::1", &six);
  char text[64];
  for (size_t n = 10; n <= 13; ++n) {
    if (n == 11) continue; /* one byte too little for the IPv6 one: see below */
    say("  %d bytes: IPv4 %s, IPv6 %s", (int)n, null(evutil_inet_ntop(AF_INET, &four, text, n)),
        null(evutil_inet_ntop(AF_INET6, &six, text, n)));
  }
  say("  another family: %s", null(evutil_inet_ntop(AF_UNIX, &four, text, sizeof text)));
  ask(evutil_inet_pton(AF_UNIX, "1.2.3.4", &four));
}

static void all_groups(void) {
  static const char *const shapes[] = {
      "1:0:0:2:0:0:0:3", "0:0:1:0:0:0:0:0", "1:0:2:0:3:0:4:0", "0:0:0:0:0:ffff:1:2",
      "1:2:3:4:5:6:0:0", "0:1:2:3:4:5:6:7", "0:0:0:0:0:0:1:2", "ff02:0:0:0:0:0:0:fb"};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; ++i) {
    struct in6_addr address;
    char text[64];
    evutil_inet_pton(AF_INET6, shapes[i], &address);
    say("  %s -> %s", shapes[i], evutil_inet_ntop(AF_INET6, &address, text, sizeof text));
  }
}

static void scopes(void) {
  struct in6_addr address;
  unsigned index = 77;
  ask(evutil_inet_pton_scope(AF_INET6, "fe80::1", &address, &index));
  ask(index);
  index = 77;
  ask(evutil_inet_pton_scope(AF_INET6, "fe80::1%lo", &address, &index));
  say("  the index of lo: %s", yes(index == if_nametoindex("lo")));
  index = 77;
  ask(evutil_inet_pton_scope(AF_INET6, "fe80::1%3", &address, &index));
  ask(index);
  index = 77;
  ask(evutil_inet_pton_scope(AF_INET6, "fe80::1%nosuchif", &address, &index));
  struct in_addr four;
  index = 77;
  ask(evutil_inet_pton_scope(AF_INET, "1.2.3.4", &four, &index));
  ask(evutil_inet_pton_scope(AF_INET, "1.2.3.4%lo", &four, &index));
}

static void parse(const char *text, int room) {
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  int length = room;
  int got = evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length);
  if (got != 0) {
    say("  '%s': %d", text, got);
    return;
  }
  char name[64];
  if (address.ss_family == AF_INET) {
    struct sockaddr_in *in = (struct sockaddr_in *)&address;
    evutil_inet_ntop(AF_INET, &in->sin_addr, name, sizeof name);
    say("  '%s': IPv4 %s port %d, %d bytes", text, name, ntohs(in->sin_port), length);
  } else {
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address;
    evutil_inet_ntop(AF_INET6, &in->sin6_addr, name, sizeof name);
    say("  '%s': IPv6 %s port %d scope %s, %d bytes", text, name, ntohs(in->sin6_port),
        yes(in->sin6_scope_id != 0), length);
  }
}

static void with_ports(void) {
  static const char *const all[] = {
      "1.2.3.4",
      "1.2.3.4:80",
      "1.2.3.4:0",
      "1.2.3.4:65535",
      "1.2.3.4:65536",
      "1.2.3.4:-1",
      "1.2.3.4:",
      "1.2.3.4:abc",
      "1.2.3.4:x80",
      "[::1]:80",
      "[::1]",
      "::1",
      "[::1",
      "[::1]:",
      "[::1]:0",
      "[::1]:65536",
      "[1.2.3.4]:80",
      "1.2.3.256:80",
      "",
      ":80",
      "[]:80",
      "fe80::1%lo",
      "[fe80::1%lo]:1",
      "localhost:80",
      "2001:db8::1:80",
      "1.2.3.4:00080",
      "[::ffff:1.2.3.4]:9",
      "1:2:3:4:5:6:7:8",
      "[1:2:3:4:5:6:7:8:9]:80",
      "[11111111111111111111111111111111111111111111111111111111111111111111111111111111]:80"};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
    parse(all[i], sizeof(struct sockaddr_storage));
  }
}

static void little_room(void) {
  parse("1.2.3.4:80", sizeof(struct sockaddr_in));
  parse("1.2.3.4:80", sizeof(struct sockaddr_in) - 1);
  parse("[::1]:80", sizeof(struct sockaddr_in6));
  parse("[::1]:80", sizeof(struct sockaddr_in6) - 1);
  parse("[::1]:80", sizeof(struct sockaddr_in));
  parse("1.2.3.4", 0);
}

static int sign(int n) { return (n > 0) - (n < 0); }

static void compare(void) {
  static const char *const all[] = {"1.2.3.4:80", "1.2.3.4:81", "1.2.3.5:80", "200.2.3.4:80",
                                    "[::1]:80",   "[::1]:81",   "[::2]:80",   "[ff::]:1"};
  enum { n = sizeof all / sizeof all[0] };
  struct sockaddr_storage address[n];
  memset(address, 0, sizeof address);
  for (int i = 0; i < n; ++i) {
    int length = sizeof address[i];
    evutil_parse_sockaddr_port(all[i], (struct sockaddr *)&address[i], &length);
  }
  for (int ports = 0; ports <= 1; ++ports) {
    for (int i = 0; i < n; ++i) {
      char line[128];
      int end = 0;
      for (int j = 0; j < n; ++j) {
        const struct sockaddr *a = (struct sockaddr *)&address[i];
        const struct sockaddr *b = (struct sockaddr *)&address[j];
        int got = sign(evutil_sockaddr_cmp(a, b, ports));
        if (got != -sign(evutil_sockaddr_cmp(b, a, ports))) say("  not the other way round");
        /* Which of two comes first may change, says libevent's header: only equality is told. */
        end += snprintf(line + end, sizeof line - (size_t)end, " %s", got == 0 ? "=" : "/");
      }
      say("  ports %d, %s:%s", ports, all[i], line);
    }
  }
}

static const char *parsed(const char *text) {
  struct sockaddr_storage address;
  int length = sizeof address;
  return evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length) == 0 ? "accepted"
                                                                                     : "refused";
}

/* Where libevent takes what is not an address, or calls a text complete that is not. */
static void stricter(void) {
  struct in_addr four;
  struct in6_addr six;
  unsigned index = 0;
  char text[64];
  on_purpose("address-leading-space", "accepted", "refused",
             evutil_inet_pton(AF_INET, " 1.2.3.4", &four) == 1 ? "accepted" : "refused");
  on_purpose(
      "address-empty-scope", "accepted", "refused",
      evutil_inet_pton_scope(AF_INET6, "fe80::1%", &six, &index) == 1 ? "accepted" : "refused");
  on_purpose("address-text-after-port", "accepted", "refused", parsed("1.2.3.4:80x"));
  on_purpose("address-text-after-bracket", "accepted", "refused", parsed("[::1]80"));
  evutil_inet_pton(AF_INET6, "2001:db8::1", &six);
  const char *got = evutil_inet_ntop(AF_INET6, &six, text, sizeof "2001:db8::1" - 1);
  on_purpose("address-cut-short", "a text without its last character", "NULL",
             got == NULL                       ? "NULL"
             : strcmp(got, "2001:db8::1") == 0 ? "all of it"
                                               : "a text without its last character");
}

int main(void) {
  situation("IPv4", v4);
  situation("IPv6", v6);
  situation("short buffers, other families", short_buffers);
  situation("where the double colon goes", all_groups);
  situation("scopes", scopes);
  situation("evutil_parse_sockaddr_port", with_ports);
  situation("evutil_parse_sockaddr_port with little room", little_room);
  situation("evutil_sockaddr_cmp", compare);
  situation("what libevent accepts and eddy does not", stricter);
  return 0;
}
