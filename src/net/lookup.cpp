#include "net/lookup.h"

#include <pthread.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/memory.h"

namespace eddy::engine {

struct lookup : posted_work, end_notice {
  std::mutex mutex;
  bool forgotten = false;  // the thread ends it
  bool done = false;       // the loop's thread ends it, or the loop's end
  bool telling = false;    // the receiver, at this moment
  loop* on = nullptr;
  void (*told)(int, int, addrinfo*, void*) = nullptr;
  void* receiver = nullptr;
  char name[1025] = "";  // NI_MAXHOST
  char port[8] = "";
  addrinfo hints{};
  int error = 0;
  int system_error = 0;
  addrinfo* found = nullptr;
};

namespace {

void release(lookup* l) {
  if (l->found != nullptr) ::freeaddrinfo(l->found);
  memory::destroy(l);
}

void finish(callback* c, void*) {
  auto* l = static_cast<lookup*>(static_cast<posted_work*>(c));
  {
    std::lock_guard<std::mutex> guard(l->mutex);
    l->telling = !l->forgotten;
  }
  l->on->remove_end_notice(l);
  if (l->telling) {
    l->on->add_virtual(-1);
    l->told(l->error, l->system_error, std::exchange(l->found, nullptr), l->receiver);
  }
  release(l);
}

// Its loop is gone, and with it whoever wanted it. The answer may have been about to be told.
void ended(end_notice* n) {
  auto* l = static_cast<lookup*>(n);
  bool done = false;
  {
    std::lock_guard<std::mutex> guard(l->mutex);
    l->forgotten = true;
    done = l->done;
  }
  if (done) release(l);
}

void* work(void* argument) {
  auto* l = static_cast<lookup*>(argument);
  const int error = ::getaddrinfo(l->name, l->port, &l->hints, &l->found);
  const int system_error = error == EAI_SYSTEM ? errno : 0;
  bool forgotten = false;
  {
    std::lock_guard<std::mutex> guard(l->mutex);
    l->error = error;
    l->system_error = system_error;
    l->done = true;
    forgotten = l->forgotten;
    // Under the mutex: a loop whose lookups are forgotten may be gone.
    if (!forgotten) (void)l->on->post(l);
  }
  if (forgotten) release(l);
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
                 void (*told)(int, int, addrinfo*, void*), void* argument, lookup** out) {
  auto* l = memory::create<lookup>();
  if (l == nullptr) return ENOMEM;
  l->flags = is_initialised;
  l->kind = closure::self;
  l->on_self = finish;
  l->ended = ended;
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
  on.add_virtual(1);
  on.add_end_notice(l);
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
    on.remove_end_notice(l);
    on.add_virtual(-1);
    release(l);
    return error;
  }
  *out = l;
  return 0;
}

void forget_lookup(lookup* l) {
  std::lock_guard<std::mutex> guard(l->mutex);
  if (l->telling) return;  // another thread, at this moment
  l->forgotten = true;
  l->on->add_virtual(-1);
  if (!l->done) l->on->remove_end_notice(l);
}

}  // namespace eddy::engine
