// What a thread kept for itself goes with it.
#pragma once

namespace eddy::engine {

// Runs `End` when the calling thread ends; once, however often it is asked for. So what is kept can
// be constinit and without a destructor: the address of a thread_local that has one is asked for by
// a call, each time (draining chains of 1 KiB took a fifth longer).
template <void (*End)()>
void at_thread_end() {
  struct ending {
    ending() {}
    ~ending() { End(); }
  };
  thread_local ending mine;
  (void)mine;
}

}  // namespace eddy::engine
