/* Bufferevents that connect to names, or twice: what the names have for addresses, and which of
 * those refuse at once, is up to this program. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "stream_probe.h"

/* --- what the library asks the system ------------------------------------------------------- */

static struct sockaddr_in addresses[4];
static struct addrinfo infos[4];
static int address_count, lookup_failure, lookup_errno;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
  (void)service;
  /* Where numbers alone are asked for, a name is none. */
  if (hints && (hints->ai_flags & AI_NUMERICHOST)) return EAI_NONAME;
  if (lookup_failure) errno = lookup_errno;
  if (lookup_failure || strcmp(name, "several") != 0)
    return lookup_failure ? lookup_failure : EAI_NONAME;
  for (int i = 0; i < address_count; ++i) {
    infos[i] = (struct addrinfo){.ai_family = AF_INET,
                                 .ai_socktype = SOCK_STREAM,
                                 .ai_protocol = IPPROTO_TCP,
                                 .ai_addrlen = sizeof addresses[i],
                                 .ai_addr = (struct sockaddr *)&addresses[i],
                                 .ai_next = i + 1 < address_count ? &infos[i + 1] : NULL};
  }
  *found = infos;
  return 0;
}

void freeaddrinfo(struct addrinfo *all) { (void)all; }

/* Connections to 127.0.0.9 fail at once. */
static int at_once;

static int fails_at_once(const struct sockaddr *to) {
  struct sockaddr_in in;
  if (at_once == 0 || to->sa_family != AF_INET) return 0;
  memcpy(&in, to, sizeof in);
  return in.sin_addr.s_addr == htonl(0x7f000009);
}

int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t size) {
  if (fails_at_once(to.__sockaddr__)) {
    errno = at_once;
    return -1;
  }
  return (int)syscall(SYS_connect, fd, to.__sockaddr__, size);
}

/* --- set-up --------------------------------------------------------------------------------- */

static evutil_socket_t listening(struct sockaddr_in *address) {
  socklen_t size = sizeof *address;
  *address = (struct sockaddr_in){.sin_family = AF_INET};
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(fd, (struct sockaddr *)address, size) != 0 || listen(fd, 8) != 0 ||
      getsockname(fd, (struct sockaddr *)address, &size) != 0)
    broken("listen");
  return fd;
}

/* `refusing` addresses that fail at once, and then one that does not. */
static void name_has(const struct sockaddr_in *last, int refusing) {
  address_count = refusing + 1;
  for (int i = 0; i < address_count; ++i) {
    addresses[i] = *last;
    if (i < refusing) addresses[i].sin_addr.s_addr = htonl(0x7f000009);
  }
}

static void connect_to_name(struct teller *t) {
  errno = EDOM; /* which nobody must be told */
  const int result = bufferevent_socket_connect_hostname(t->bev, NULL, AF_INET, "several", 1);
  errno = EDOM;
  if (t->events == 0) ended_after(t->base, 5000);
  say("  bufferevent_socket_connect_hostname = %d", result);
}

static void note_event(struct bufferevent *bev, short what, void *arg) {
  struct teller *t = arg;
  (void)bev;
  ++t->events;
  t->reads = what;
  if (t->stops) event_base_loopbreak(t->base);
}

/* --- situations ----------------------------------------------------------------------------- */

static void lookup_fails(void) {
  struct event_base *base = new_base();
  static const struct {
    int failure, error;
  } all[] = {{EAI_NONAME, 0}, {EAI_SYSTEM, EMFILE}, {EAI_FAIL, 0}};
  for (unsigned i = 0; i < sizeof all / sizeof *all; ++i) {
    struct teller t = {.name = "a", .stops = 1};
    lookup_failure = all[i].failure;
    lookup_errno = all[i].error;
    stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
    connect_to_name(&t);
    say("  %s", yes(bufferevent_socket_get_dns_error(t.bev) != 0));
    bufferevent_free(t.bev);
  }
  event_base_free(base);
}

/* libevent tries the first address alone, so what comes after that is for tests of eddy. */
static void all_fail(int error, int refusing) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .stops = 1};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  name_has(&address, refusing);
  --address_count;
  at_once = error;
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(t.bev, EV_READ);
  connect_to_name(&t);
  ask_flags(bufferevent_get_enabled(t.bev));
  ask(bufferevent_socket_get_dns_error(t.bev));
  bufferevent_free(t.bev);
  close(server);
  event_base_free(base);
}

static void all_refuse(void) { all_fail(ECONNREFUSED, 2); }
static void all_unreachable(void) { all_fail(ENETUNREACH, 2); }

static void next_address(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .stops = 1};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  name_has(&address, 1);
  at_once = ENETUNREACH;
  t.base = base;
  struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(b, NULL, NULL, note_event, &t);
  bufferevent_socket_connect_hostname(b, NULL, AF_INET, "several", 1);
  if (t.events == 0) ended_after(base, 5000);
  on_purpose("name-next-address", "ERROR", "CONNECTED", happened(t.reads));
  bufferevent_free(b);
  close(server);
  event_base_free(base);
}

/* A Unix socket is connected, or refuses, before connect(2) returns. */
static void at_once_or_never(int listens, int disabled, int enabled, const char *output,
                             int options) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "oracle-names-%d", (int)getpid());
  evutil_socket_t server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listens &&
      (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 8) != 0))
    broken("listen");
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE | options);
  bufferevent_disable(t.bev, (short)disabled);
  bufferevent_enable(t.bev, (short)enabled);
  say("  enabled %s, output \"%s\", options %d", flags(bufferevent_get_enabled(t.bev)), output,
      options);
  if (*output) write_text(t.bev, output);
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
  say("  now the loop");
  settle(base);
  bufferevent_free(t.bev);
  close(server);
  event_base_free(base);
}

static void at_once_connected(void) {
  at_once_or_never(1, 0, EV_WRITE, "", 0);
  at_once_or_never(1, 0, EV_WRITE, "", BEV_OPT_DEFER_CALLBACKS);
  at_once_or_never(1, 0, EV_READ | EV_WRITE, "", 0);
  at_once_or_never(1, 0, EV_READ | EV_WRITE, "text", 0);
}

static void at_once_refused(void) {
  at_once_or_never(0, 0, EV_WRITE, "", 0);
  at_once_or_never(0, 0, EV_READ | EV_WRITE, "", 0);
  at_once_or_never(0, EV_WRITE, 0, "", 0);
  at_once_or_never(0, EV_WRITE, EV_READ, "", 0);
  at_once_or_never(0, 0, EV_READ | EV_WRITE, "text", BEV_OPT_DEFER_CALLBACKS);
}

/* libevent hears of it when it may write. */
static void at_once_disabled(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "oracle-names-%d", (int)getpid());
  evutil_socket_t server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 8) != 0)
    broken("listen");
  struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(b, NULL, NULL, note_event, &t);
  bufferevent_disable(b, EV_WRITE);
  ask(bufferevent_socket_connect(b, (struct sockaddr *)&address, sizeof address));
  settle(base);
  on_purpose("stream-connected-while-disabled", "0", "CONNECTED", happened(t.reads));
  bufferevent_free(b);
  close(server);
  event_base_free(base);
}

static void twice(void) {
  for (int with_output = 0; with_output < 2; ++with_output) {
    for (int in_between = 0; in_between < 2; ++in_between) {
      struct event_base *base = new_base();
      struct teller t = {.name = "a"};
      struct sockaddr_in one, two;
      evutil_socket_t first = listening(&one), second = listening(&two);
      say("  %s output, %s", with_output ? "with" : "without",
          in_between ? "connected in between" : "at once");
      stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
      if (with_output) write_text(t.bev, "text");
      bufferevent_enable(t.bev, EV_READ | EV_WRITE);
      ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&one, sizeof one));
      if (in_between) settle(base);
      ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&two, sizeof two));
      settle(base);
      say("  %d writes, %d events", t.writes, t.events);
      bufferevent_free(t.bev);
      close(first);
      close(second);
      event_base_free(base);
    }
  }
}

int main(void) {
  situation("the lookup fails", lookup_fails);
  situation("all addresses refuse", all_refuse);
  situation("all addresses are unreachable", all_unreachable);
  situation("the next address", next_address);
  situation("connected at once", at_once_connected);
  situation("connected at once, disabled", at_once_disabled);
  situation("refused at once", at_once_refused);
  situation("connecting twice", twice);
  return 0;
}
