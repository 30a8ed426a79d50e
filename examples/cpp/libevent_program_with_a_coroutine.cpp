// A program written for libevent that gains one coroutine: its listener, its events and its loop
// stay as they were, and what is done for a connection, which was a chain of callbacks with a state
// between them, is a function that reads from top to bottom.
//
// It is a quiz: it asks three questions, waits for each answer 30 s, and says how many were right.
// Try it with: nc 127.0.0.1 PORT
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>

#include <csignal>

#include "common.h"

static const char usage[] =
    "usage: libevent_program_with_a_coroutine [PORT]\n"
    "Listens on PORT of 127.0.0.1 (0, or none given: one that is free) and says \"port N\".\n";

using namespace std::chrono_literals;

struct question {
  const char* text;
  const char* answer;
};
constexpr question questions[] = {
    {"What does epoll say of a descriptor?\n", "ready"},
    {"What does io_uring say of an operation?\n", "done"},
    {"How many threads does this program have?\n", "1"},
};

// --- the coroutine ---
static eddy::task<> ask(eddy::stream client) {
  int right = 0;
  for (const question& q : questions) {
    co_await client.write(q.text);
    auto answer = co_await eddy::with_timeout(30s, client.read_line(200));
    if (!answer) co_return;
    right += std::string_view(answer->data(), answer->size()).starts_with(q.answer);
  }
  co_await client.write("right: ", std::to_string(right), "\n");
  co_await client.flush();
}

static eddy::task<> ask_and_free(bufferevent* b) {
  try {
    co_await ask(eddy::stream::wrap(b));
  } catch (const eddy::exception& e) {
    std::fprintf(stderr, "a client left: %s\n", e.what());
  }
  bufferevent_free(b);
}

// --- the program, as it was ---
static void on_connection(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void* of) {
  bufferevent* b =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  if (b == nullptr) {
    evutil_closesocket(fd);
    return;
  }
  static_cast<eddy::loop*>(of)->spawn(ask_and_free(b));  // (was: bufferevent_setcb(...))
}

static void on_signal(evutil_socket_t, short, void* base) {
  event_base_loopbreak(static_cast<event_base*>(base));
}

static int serve(std::uint16_t port) {
  event_base* base = event_base_new();
  if (base == nullptr) throw std::runtime_error("no event_base");
  eddy::loop coroutines = eddy::loop::wrap(base);  // (new)
  const eddy::address at = eddy::address::loopback(port);
  evconnlistener* listener = evconnlistener_new_bind(base, on_connection, &coroutines,
                                                     LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE, -1,
                                                     at.data(), static_cast<int>(at.size()));
  if (listener == nullptr) throw std::runtime_error("cannot listen on " + at.to_string());
  std::printf("port %d\n", eddy::address::local_of(evconnlistener_get_fd(listener)).port());
  std::fflush(stdout);
  event* interrupted[] = {evsignal_new(base, SIGINT, on_signal, base),
                          evsignal_new(base, SIGTERM, on_signal, base)};
  for (event* e : interrupted) event_add(e, nullptr);
  event_base_dispatch(base);
  for (event* e : interrupted) event_free(e);
  evconnlistener_free(listener);
  event_base_free(base);  // cancels the coroutines that are left, and waits for them
  return 0;
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 0, 1,
                     [&] { return serve(port_of(argc > 1 ? argv[1] : "0")); });
}
