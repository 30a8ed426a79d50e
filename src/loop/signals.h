// Signals, shared by all loops of the process.
//
// A handler may run at any moment on any thread, so it touches only mailboxes: memory that is never
// given back while the process lives, holding atomics. It counts the signal in the mailbox of every
// loop that watches it, wakes that loop, and keeps errno; nothing else.
#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>

namespace eddy::engine {

constexpr int signal_count = NSIG;

struct signal_mailbox {
  std::atomic<bool> in_use{false};
  std::atomic<int> wake_descriptor{-1};
  std::atomic<bool> any{false};
  std::atomic<bool> watched[signal_count]{};
  std::atomic<std::uint32_t> pending[signal_count]{};
  std::atomic<int> handlers_inside{0};  // the mailbox's loop waits for 0 before it closes
  signal_mailbox* next = nullptr;       // of all mailboxes; written before it is published
};

namespace signal_registry {

// A mailbox for a loop; null, with errno, when memory is exhausted.
signal_mailbox* take_mailbox(int wake_descriptor);
void give_back(signal_mailbox* mailbox);

// Counts `signal` into `mailbox` from now on. The first one for a signal installs the handler, the
// last one restores what the program had before. 0 or an errno.
int watch(signal_mailbox* mailbox, int signal);
void unwatch(signal_mailbox* mailbox, int signal);

}  // namespace signal_registry
}  // namespace eddy::engine
