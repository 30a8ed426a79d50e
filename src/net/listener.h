// Accepting connections.
//
// By calls of accept4 when the socket is readable, at most 64 a turn. Where streams transfer, and
// nobody else accepts from the socket, the kernel itself accepts (backend.h, "accepting") from when
// nobody waits any more; what goes wrong, and more at once than a turn may hand over, is left to
// calls again. What the kernel accepted before a listener was disabled stands in a row until it is
// enabled, or freed.
//
// What goes wrong with one connection is counted and passed over. When descriptors or memory run
// out the listener pauses, 5 ms doubling up to 100 ms, or until its loop closes a descriptor:
// trying again at once would burn the processor (the connection stays ready), and who waits in the
// queue loses nothing. One that sheds answers such connections by closing them.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "backend/accepted_row.h"
#include "base/shared_lock.h"
#include "base/watcher.h"
#include "loop/loop.h"

namespace eddy::engine {

struct listener;

struct listener_calls {
  void (*accepted)(listener*, int fd, sockaddr* address, socklen_t size) = nullptr;
  // accept failed: for good, or from now on for lack of something; at most once a second.
  void (*failed)(listener*, int error) = nullptr;
};

struct listener {
  loop* owner = nullptr;
  watcher readiness;
  watcher pause;  // for lack of something; the loop also tells it that a descriptor was closed
  const listener_calls* calls = nullptr;
  shared_lock* lock = nullptr;
  int references = 1;
  bool enabled = false;
  bool wanted = false;  // somebody is there to be told
  bool closes_socket = false;
  bool leaves_blocking = false;
  bool sheds = false;
  bool has_socket_alone = false;  // nobody else accepts from it: the kernel may
  std::uint64_t process = 0;      // sys::process_mark() of who made it
  accepted_row row;               // by the kernel, and not handed over yet
  int spare = -1;                 // the descriptor to shed with
  std::int64_t pausing = 0;       // ns; 0: not for lack of anything
  std::int64_t told_at = -1;      // when `failed` was called last; -1: never
  std::uint64_t shed = 0;         // connections that were closed for lack of descriptors
  std::uint64_t passed_over = 0;  // connections that failed before they were accepted
  void (*destroy)(listener*) = nullptr;
};

// A new listener on `fd`, disabled.
int open_listener(listener& l, loop& on, int fd, bool thread_safe);
int enable_listener(listener& l, bool enabled);  // 0 or an errno
// 0, or an errno when connections cannot be waited for.
int set_wanted(listener& l, bool wanted);
// From now on connections that lack a descriptor are accepted and closed at once, by means of a
// spare one, so that their clients need not wait. Not certain while other threads open descriptors.
// 0 or an errno.
int shed_connections(listener& l);
void free_listener(listener& l);

}  // namespace eddy::engine
