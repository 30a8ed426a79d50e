// Reading and writing of socket streams, as far as its other sources need them.
#pragma once

#include "stream/socket.h"

namespace eddy::engine {

void came_readable(int fd, short what, void* argument);
// With `end_of_turn`: what was added in this turn is written.
void came_writable(int fd, short what, void* argument);
inline void write_before_wait(stream& s) {
  if (s.state & in_own_callback) {
    s.state |= has_added;
    return;
  }
  // Most often it is to be written already, as every line of many adds to it. (With a lock, what is
  // queued can be seen under that of the loop only.)
  if (s.lock() == nullptr && s.writing.own.before_wait.next != nullptr) return;
  s.owner->call_before_wait(&s.writing);
}
void wait_for_writability(stream& s);
void stop_writing(stream& s);
// The first bytes of the output were sent.
void output_went(stream& s, std::size_t size);
void read_failed(stream& s, short what, int error);
void write_failed(stream& s, int error);

}  // namespace eddy::engine
