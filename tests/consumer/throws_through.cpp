// A callback that throws, through the C face of the shared library: event_base_loop() is left, and
// the base goes on when it is run again.
#include <event2/event.h>

#include <cstdio>
#include <stdexcept>

int main() {
  event_base* base = event_base_new();
  const timeval soon = {0, 1000};
  const auto on_time = [](evutil_socket_t, short, void* calls) {
    if (++*static_cast<int*>(calls) == 1) throw std::runtime_error("from a callback");
  };
  int calls = 0;
  event* timer = event_new(base, -1, EV_PERSIST, on_time, &calls);
  event_add(timer, &soon);
  try {
    event_base_loop(base, EVLOOP_ONCE);
    std::puts("nothing came");
  } catch (const std::runtime_error& error) {
    std::printf("caught %s\n", error.what());
  }
  const int again = event_base_loop(base, EVLOOP_ONCE);
  std::printf("again %d, calls %d\n", again, calls);
  event_free(timer);
  event_base_free(base);
}
