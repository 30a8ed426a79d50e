// Connecting to a name: its addresses, looked up on a thread, tried one after the other.
#include "stream/addresses.h"

#include <netdb.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/memory.h"
#include "base/sys.h"
#include "net/lookup.h"
#include "stream/extras.h"
#include "stream/socket.h"

namespace eddy::engine {
namespace {

struct address_list {
  lookup* pending = nullptr;
  addrinfo* all = nullptr;
  addrinfo* next = nullptr;
};

address_list* list_of(const stream& s) {
  return s.extras() != nullptr ? static_cast<address_list*>(s.extras()->connecting) : nullptr;
}

void looked_up(int error, int system_error, addrinfo* found, void* argument) {
  auto& s = *static_cast<stream*>(argument);
  stream_hold held(s);
  address_list* list = list_of(s);
  if (!held.alive() || list == nullptr) {  // another thread was faster
    if (found != nullptr) ::freeaddrinfo(found);
    return;
  }
  list->pending = nullptr;
  list->all = list->next = found;
  resume_reading(s, by_lookup);
  resume_writing(s, by_lookup);
  s.extras()->lookup_error = error;
  const int failure = error == 0 ? connect_to_next_address(s, EADDRNOTAVAIL) : system_error;
  if (error == 0 && failure == 0) return;
  forget_addresses(s);
  errno = failure;
  trigger_event(s, event_error, 0);
}

}  // namespace

int connect_to_next_address(stream& s, int error) {
  address_list* list = list_of(s);
  if (list == nullptr) return error;
  const bool again = list->next != list->all;
  while (list->next != nullptr) {
    const addrinfo* at = list->next;
    list->next = at->ai_next;
    if (again && socket_of(s) >= 0) {
      // A socket whose attempt failed cannot be used for another address.
      const int fd = socket_of(s);
      s.reading.fd = s.writing.fd = -1;
      (void)s.owner->close_descriptor(fd);
    }
    s.state |= tries_addresses;
    error = connect_stream(s, at->ai_addr, static_cast<socklen_t>(at->ai_addrlen));
    if (error == 0) return 0;
  }
  return error;
}

int connect_to_name(stream& s, int family, const char* name, int port) {
  if (family != AF_INET && family != AF_INET6 && family != AF_UNSPEC) return EINVAL;
  if (port < 1 || port > 65535) return EINVAL;
  stream_extras* x = extras_of(s);
  if (x == nullptr) return ENOMEM;
  forget_addresses(s);
  auto* list = memory::create<address_list>();
  if (list == nullptr) return ENOMEM;
  x->connecting = list;
  x->lookup_error = 0;
  suspend_reading(s, by_lookup);
  suspend_writing(s, by_lookup);
  const int error = start_lookup(*s.owner, name, port, family, looked_up, &s, &list->pending);
  if (error == 0) return 0;
  resume_reading(s, by_lookup);
  resume_writing(s, by_lookup);
  forget_addresses(s);
  return error;
}

void forget_addresses(stream& s) {
  address_list* list = list_of(s);
  if (list == nullptr) return;
  if (list->pending != nullptr) forget_lookup(list->pending);
  if (list->all != nullptr) ::freeaddrinfo(list->all);
  memory::destroy(list);
  s.extras()->connecting = nullptr;
  s.state = static_cast<std::uint8_t>(s.state & ~tries_addresses);
}

}  // namespace eddy::engine
