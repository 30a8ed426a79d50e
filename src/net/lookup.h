// Looking a name up without blocking the loop: getaddrinfo(3) on a thread of its own.
//
// One thread a lookup, so that a resolver that does not answer holds up nobody else. Addresses in
// numbers need no thread.
#pragma once

#include <netdb.h>

#include "loop/loop.h"

namespace eddy::engine {

struct lookup;

// `told(error, system_error, addresses, argument)` runs once, from the loop, which stays for it: an
// EAI_* code, with an errno for EAI_SYSTEM (else 0), or 0 and addresses that are the receiver's
// (freeaddrinfo). `*out` is for forget_lookup until then, or until the loop ends, after which it
// never runs. 0, or an errno when it could not be started. For the loop's thread, or under its
// lock.
int start_lookup(loop& on, const char* name, int port, int family,
                 void (*told)(int error, int system_error, addrinfo* addresses, void* argument),
                 void* argument, lookup** out);
// It is not wanted any more: returns at once, `told` never runs, what comes late is dropped.
void forget_lookup(lookup* l);

}  // namespace eddy::engine
