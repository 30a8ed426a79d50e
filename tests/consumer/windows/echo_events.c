/* A program for libevent, as it is: an echo server and its client, whose bytes the system moves. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <stdio.h>
#include <string.h>

static void echo(struct bufferevent *peer, void *context) {
  (void)context;
  (void)bufferevent_write_buffer(peer, bufferevent_get_input(peer));
}

static void ended(struct bufferevent *peer, short what, void *context) {
  (void)context;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bufferevent_free(peer);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int size, void *context) {
  struct bufferevent *peer =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  (void)address;
  (void)size;
  (void)context;
  bufferevent_setcb(peer, echo, NULL, ended, NULL);
  (void)bufferevent_enable(peer, EV_READ | EV_WRITE);
}

static void answered(struct bufferevent *server, void *context) {
  char text[16];
  if (evbuffer_get_length(bufferevent_get_input(server)) < 5) return;
  text[bufferevent_read(server, text, sizeof text - 1)] = '\0';
  printf("%s by %s\n", text, event_base_get_method(context));
  (void)event_base_loopexit(context, NULL);
}

int main(void) {
  struct event_config *config = event_config_new();
  struct sockaddr_in address;
  ev_socklen_t size = sizeof address;
  const struct timeval limit = {30, 0};
  struct event_base *base;
  struct evconnlistener *listener;
  struct bufferevent *client;

  (void)event_config_set_flag(config, EVENT_BASE_FLAG_STARTUP_IOCP);
  base = event_base_new_with_config(config);
  event_config_free(config);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = evconnlistener_new_bind(base, accepted, NULL, LEV_OPT_CLOSE_ON_FREE, -1,
                                     (struct sockaddr *)&address, sizeof address);
  if (listener == NULL ||
      getsockname((SOCKET)evconnlistener_get_fd(listener), (struct sockaddr *)&address, &size) != 0)
    return 1;
  client = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(client, answered, NULL, NULL, base);
  (void)bufferevent_enable(client, EV_READ);
  if (bufferevent_socket_connect(client, (struct sockaddr *)&address, sizeof address) != 0)
    return 1;
  (void)bufferevent_write(client, "hello", 5);
  (void)event_base_loopexit(base, &limit);
  (void)event_base_dispatch(base);
  bufferevent_free(client);
  evconnlistener_free(listener);
  event_base_free(base);
  return 0;
}
