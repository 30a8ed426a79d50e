// Writing that failed because the kernel had no memory for it (ENOBUFS, ENOMEM).
//
// The socket stays writable all the while, so nothing would ever tell that it is worth another try:
// a timer does, after 1 ms, then twice as long each time up to 50 ms.
#pragma once

#include "stream/extras.h"

namespace eddy::engine {

// False when it was tried for long enough (half a minute, or the write timeout), or there is no
// memory here either: then the failure is the user's. Locked by the caller.
bool retry_later(stream& s);
void end_of_retries(stream& s);
// Something went after all.
inline void retry_succeeded(stream& s) {
  if (s.extras() != nullptr && s.extras()->retry != nullptr) end_of_retries(s);
}
void leave_retries(stream& s);

}  // namespace eddy::engine
