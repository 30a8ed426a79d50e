/* evutil_getaddrinfo with numbers; nothing here asks a name server. */
#include "oracle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const char *code(int error) {
  static char other[32];
  switch (error) {
    case 0:
      return "0";
    case EVUTIL_EAI_ADDRFAMILY:
      return "ADDRFAMILY";
    case EVUTIL_EAI_AGAIN:
      return "AGAIN";
    case EVUTIL_EAI_BADFLAGS:
      return "BADFLAGS";
    case EVUTIL_EAI_FAIL:
      return "FAIL";
    case EVUTIL_EAI_FAMILY:
      return "FAMILY";
    case EVUTIL_EAI_MEMORY:
      return "MEMORY";
    case EVUTIL_EAI_NODATA:
      return "NODATA";
    case EVUTIL_EAI_NONAME:
      return "NONAME";
    case EVUTIL_EAI_SERVICE:
      return "SERVICE";
    case EVUTIL_EAI_SOCKTYPE:
      return "SOCKTYPE";
    case EVUTIL_EAI_SYSTEM:
      return "SYSTEM";
    case EVUTIL_EAI_CANCEL:
      return "CANCEL";
    default:
      snprintf(other, sizeof other, "%d", error);
      return other;
  }
}

static void show(const struct evutil_addrinfo *list) {
  for (; list != NULL; list = list->ai_next) {
    char text[64] = "?";
    int port = -1;
    if (list->ai_family == AF_INET) {
      const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)list->ai_addr;
      evutil_inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
      port = ntohs(in->sin_port);
    } else if (list->ai_family == AF_INET6) {
      const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)list->ai_addr;
      evutil_inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text);
      port = ntohs(in->sin6_port);
    }
    say("    %s port %d, socktype %d, protocol %d, %d bytes, name %s", text, port,
        list->ai_socktype, list->ai_protocol, (int)list->ai_addrlen,
        list->ai_canonname != NULL ? list->ai_canonname : "none");
  }
}

static void look_up(const char *node, const char *service, int flag_bits, int family, int type,
                    int protocol) {
  struct evutil_addrinfo hints, *list = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = flag_bits;
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_protocol = protocol;
  int got = evutil_getaddrinfo(node, service, &hints, &list);
  say("  %s, %s, flags 0x%x, family %d, type %d, protocol %d: %s", node != NULL ? node : "NULL",
      service != NULL ? service : "NULL", (unsigned)flag_bits, family, type, protocol, code(got));
  if (got != 0) return;
  show(list);
  evutil_freeaddrinfo(list);
}

static void numeric(void) {
  const int n = EVUTIL_AI_NUMERICHOST;
  look_up("127.0.0.1", "80", n, AF_UNSPEC, SOCK_STREAM, 0);
  look_up("127.0.0.1", "80", n, AF_INET, SOCK_DGRAM, 0);
  look_up("::1", "443", n, AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP);
  look_up("::1", "443", n, AF_INET6, 0, IPPROTO_UDP);
  look_up("1.2.3.4", NULL, n, AF_UNSPEC, SOCK_STREAM, 0);
  look_up("1.2.3.4", "80", n, AF_UNSPEC, 0, 0);
  look_up("1.2.3.4", "0", n, AF_INET, SOCK_STREAM, 0);
  look_up("1.2.3.4", "65535", n, AF_INET, SOCK_STREAM, 0);
}

static void wrong(void) {
  const int n = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV;
  look_up("not-a-number", "80", n, AF_UNSPEC, SOCK_STREAM, 0);
  look_up("1.2.3.4", "http", n, AF_UNSPEC, SOCK_STREAM, 0);
  look_up("1.2.3.4", "80", n, AF_INET6, SOCK_STREAM, 0);
  look_up("::1", "80", n, AF_INET, SOCK_STREAM, 0);
  look_up("1.2.3.4", "80", n, 999, SOCK_STREAM, 0);
  look_up("1.2.3.4", "80", n, AF_INET, 999, 0);
  look_up("1.2.3.4.5", "80", n, AF_INET, SOCK_STREAM, 0);
  look_up(NULL, NULL, 0, AF_UNSPEC, SOCK_STREAM, 0);
}

static void passive(void) {
  look_up(NULL, "80", EVUTIL_AI_PASSIVE, AF_INET, SOCK_STREAM, 0);
  look_up(NULL, "80", EVUTIL_AI_PASSIVE, AF_INET6, SOCK_STREAM, 0);
  look_up(NULL, "80", 0, AF_INET, SOCK_STREAM, 0);
  look_up(NULL, "80", 0, AF_INET6, SOCK_STREAM, 0);
}

static void canonical_name(void) {
  look_up("127.0.0.1", "80", EVUTIL_AI_NUMERICHOST | EVUTIL_AI_CANONNAME, AF_INET, SOCK_STREAM, 0);
}

static void without_hints(void) {
  struct evutil_addrinfo *list = NULL;
  int got = evutil_getaddrinfo("127.0.0.1", "80", NULL, &list);
  say("  no hints: %s, at least one: %s", code(got), yes(list != NULL));
  if (got == 0) evutil_freeaddrinfo(list);
}

static void texts_of_codes(void) {
  const int all[] = {0,
                     EVUTIL_EAI_ADDRFAMILY,
                     EVUTIL_EAI_AGAIN,
                     EVUTIL_EAI_BADFLAGS,
                     EVUTIL_EAI_FAIL,
                     EVUTIL_EAI_FAMILY,
                     EVUTIL_EAI_MEMORY,
                     EVUTIL_EAI_NODATA,
                     EVUTIL_EAI_NONAME,
                     EVUTIL_EAI_SERVICE,
                     EVUTIL_EAI_SOCKTYPE,
                     EVUTIL_EAI_SYSTEM,
                     EVUTIL_EAI_CANCEL,
                     -12345};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
    const char *text = evutil_gai_strerror(all[i]);
    int alike = 0;
    for (size_t j = 0; j < i; ++j) {
      /* The wording is nobody's promise: that each code has a text of its own is. */
      alike += strcmp(text, evutil_gai_strerror(all[j])) == 0;
    }
    say("  %s: a text %s, like those of %d others", code(all[i]), yes(strlen(text) > 3), alike);
  }
}

int main(void) {
  situation("numeric hosts", numeric);
  situation("what cannot be", wrong);
  situation("passive and loopback", passive);
  situation("the canonical name of a number", canonical_name);
  situation("without hints", without_hints);
  situation("evutil_gai_strerror", texts_of_codes);
  return 0;
}
