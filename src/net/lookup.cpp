#include "net/lookup.h"

#include <pthread.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/memory.h"

namespace eddy::engine {

struct lookup : posted_work {
  std::mutex mutex;
  bool forgotten = false;  // the thread ends it
  bool done = false;       // the loop's thread ends it
  loop* on = nullptr;
  void (*told)(int, addrinfo*, void*) = nullptr;
  void* receiver = nullptr;
  char name[1025] = "";  // NI_MAXHOST
  char port[8] = "";
  addrinfo hints{};
  int error = 0;
  addrinfo* found = nullptr;
};

namespace {

void finish(callback* c, void*) {
  auto* l = static_cast<lookup*>(static_cast<posted_work*>(c));
  bool forgotten = false;
  {
    std::lock_guard<std::mutex> guard(l->mutex);
    forgotten = l->forgotten;
  }
  if (forgotten) {
    if (l->found != nullptr) ::freeaddrinfo(l->found);
  } else {
    l->on->add_virtual(-1);
    l->told(l->error, l->found, l->receiver);
  }
  memory::destroy(l);
}

// Its loop is gone. One that is wanted still belongs to its stream, which will forget it.
void dropped(posted_work* p) {
  auto* l = static_cast<lookup*>(p);
  if (!l->forgotten) return;
  if (l->found != nullptr) ::freeaddrinfo(l->found);
  memory::destroy(l);
}

void* work(void* argument) {
  auto* l = static_cast<lookup*>(argument);
  const int error = ::getaddrinfo(l->name, l->port, &l->hints, &l->found);
  bool forgotten = false;
  {
    std::lock_guard<std::mutex> guard(l->mutex);
    l->error = error;
    l->done = true;
    forgotten = l->forgotten;
    // Under the mutex: a loop whose lookups are forgotten may be gone.
    if (!forgotten) (void)l->on->post(l);
  }
  if (forgotten) {
    if (l->found != nullptr) ::freeaddrinfo(l->found);
    memory::destroy(l);
  }
  return nullptr;
}

// "[::1]" is how an address of IPv6 stands beside a port.
bool copy_name(lookup* l, const char* name) {
  std::size_t size = std::strlen(name);
  if (size > 2 && name[0] == '[' && name[size - 1] == ']') {
    ++name;
    size -= 2;
  }
  if (size == 0 || size >= sizeof l->name) return false;  // never cut off
  std::memcpy(l->name, name, size);
  l->name[size] = '\0';
  return true;
}

int start_thread(lookup* l) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, &attributes, work, l);
  pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace

int start_lookup(loop& on, const char* name, int port, int family,
                 void (*told)(int, addrinfo*, void*), void* argument, lookup** out) {
  auto* l = memory::create<lookup>();
  if (l == nullptr) return ENOMEM;
  l->flags = is_initialised;
  l->kind = closure::self;
  l->on_self = finish;
  l->dropped = dropped;
  l->priority = static_cast<std::uint8_t>(on.priorities() / 2);
  l->on = &on;
  l->told = told;
  l->receiver = argument;
  std::snprintf(l->port, sizeof l->port, "%d", port);
  l->hints.ai_family = family;
  l->hints.ai_socktype = SOCK_STREAM;
  l->hints.ai_protocol = IPPROTO_TCP;
  l->hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
  const bool fits = copy_name(l, name);
  int error = on.make_wakeable();
  if (!fits) l->error = EAI_NONAME;
  const bool is_number = !fits || ::getaddrinfo(l->name, l->port, &l->hints, &l->found) == 0;
  if (error == 0 && is_number) {
    // The answer is there, but comes from the loop all the same.
    l->done = true;
    if (!on.post(l)) error = ECANCELED;
  } else if (error == 0) {
    l->hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    error = start_thread(l);
  }
  if (error != 0) {
    memory::destroy(l);
    return error;
  }
  on.add_virtual(1);
  *out = l;
  return 0;
}

void forget_lookup(lookup* l) {
  std::lock_guard<std::mutex> guard(l->mutex);
  l->forgotten = true;
  l->on->add_virtual(-1);
}

}  // namespace eddy::engine
