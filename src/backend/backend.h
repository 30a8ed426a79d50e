// The written specification of a port.
//
// A backend translates: it tells one kernel interface what to watch and puts what happened on a
// list. It never runs user code, keeps no time, retries nothing and does not know priorities;
// `src/loop` does all of that once, for all backends. To add a system: derive from `backend` (or
// `completion_backend`), add a row to the table in table.cpp, and run the conformance suite.
//
// A backend belongs to one loop and is called by that loop's thread only, or under its lock.
#pragma once

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>

#include "backend/fired_list.h"
#include "base/interest.h"

namespace eddy::engine {

class buffer;
struct operation;
struct watcher;

enum backend_feature : std::uint32_t {
  feature_edge = 0x01,          // watch_edge works
  feature_o1 = 0x02,            // the cost of a wait does not grow with what is watched
  feature_any_fd = 0x04,        // regular files may be watched (always ready)
  feature_early_close = 0x08,   // watch_closed works: a peer's close is seen with data unread
  feature_completion = 0x10,    // a completion_backend
  feature_cheap_update = 0x20,  // `update` makes no system call
  feature_one_shot = 0x40,      // update_once works
};

class backend {
 public:
  backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  virtual ~backend() = default;

  virtual const char* name() const = 0;
  virtual std::uint32_t features() const = 0;

  // Watches `fd` for `wanted` from now on (0 = not at all). `tag` comes back with each event, so
  // that the loop can tell an event of an earlier user of the same number. `known`: the backend
  // holds an entry for it, as far as the loop can tell; a descriptor that its user closed and
  // opened again is not an error, `wanted` is made true whatever the kernel had. Returns 0 or an
  // errno: EBADF, EPERM (a file that cannot be watched), ENOMEM, ENOSPC, EINVAL (a number too large
  // for the method). After a failure nothing is watched that was not watched before.
  virtual int update(int fd, bool known, interest wanted, std::uint32_t tag) = 0;

  // The same until the first event only, where feature_one_shot: the entry then stays, silent, and
  // the next call wakes it up again with one system call.
  virtual int update_once(int fd, bool known, interest wanted, std::uint32_t tag) {
    return update(fd, known, wanted, tag);
  }

  // Larger descriptors cannot be watched.
  virtual int highest_descriptor() const { return INT_MAX; }

  // Waits at most `timeout` ns (`forever`: without end; 0: not at all) and appends what happened.
  // Returns 0 or an errno; EINTR is returned, not retried; ESTALE: what is watched has to be told
  // again, as after a fork. Never waits less than `timeout` without
  // a reason, never runs user code.
  virtual int wait(std::int64_t timeout, fired_list& fired) = 0;

  // What a waker ends a wait by without a descriptor to watch; -1: it needs one. See waker.h.
  virtual int wake_number() const { return -1; }

  // Around the wait, under the loop's lock, which `wait` itself is called without: what other
  // threads may have a hand in is done here.
  virtual void before_wait() {}
  virtual int collect(fired_list& fired) {
    (void)fired;
    return 0;
  }

  // In a child after fork: gives up what is shared with the parent and starts empty; the loop then
  // updates every descriptor again. Returns 0 or an errno.
  virtual int after_fork() = 0;
};

// A backend whose kernel performs operations. What has no completion interface is served by the
// adapter in src/ops, over any `backend`.
class completion_backend : public backend {
 public:
  // Starts `op`; memory that it names must live until it completes. Exactly one completion is
  // appended to fired_list::completed by a later `wait`.
  // Returns 0, or an errno when it could not be started, in which case nothing is appended: ENOMEM,
  // this one; EOWNERDEAD, in a child before after_fork; any other, nothing can, now or later.
  virtual int submit(operation* op) = 0;

  // Asks the kernel to stop `op`. It still completes, with -ECANCELED or with what it had done.
  virtual void cancel(operation* op) = 0;

  // How many operations have not completed yet.
  virtual std::size_t in_flight() const = 0;

  // --- transfers: what streams want of a kernel ---
  // The watcher's descriptor is received from, or sent to, by the kernel, into memory that it picks
  // from what it was given; pieces and outcomes come in watcher::here, and next_moved returns the
  // watcher. Bytes are taken from a descriptor inside `wait` only, unless may_read_ahead was
  // called. Under the loop's lock.

  // From now on a receive may take bytes from its descriptor at any time, not inside `wait` only,
  // and what a send has taken it need not give back. Some kernels have transfers then only.
  virtual void may_read_ahead() {}
  // Whether there are such here; asked before each of the others. `waiting`: as below.
  virtual bool transfers(bool waiting) { return (void)waiting, false; }
  // Receives until told otherwise, or once, at most `w->reserved` bytes if that is not 0. 0 or an
  // errno. `waiting`: another thread calls, while the loop's own is in `wait`.
  virtual int receive(watcher* w, bool waiting) { return (void)w, (void)waiting, ENOTSUP; }
  // Sends the first `most` bytes of `from`, or fewer, which stay in it. On the loop's thread.
  virtual int send(watcher* w, buffer& from, std::size_t most) {
    return (void)w, (void)from, (void)most, ENOTSUP;
  }
  // Asks a request to end, which it has when its outcome is there; `waiting` as above.
  virtual void stop_transfer(watcher* w, bool waiting) { (void)w, (void)waiting; }
  // The watcher, which was stopped, is forgotten, and may go.
  virtual void abandon_transfer(watcher* w) { (void)w; }
  // Asks a send to end; its outcome comes all the same.
  virtual void hurry_send(watcher* w) { (void)w; }
  // The same, and waits for it, where that is never for the peer.
  virtual void finish_send(watcher* w) { (void)w; }
  // All of them stop.
  virtual void forget_transfers() {}
  // After `collect`: a watcher that has something to tell, each once; null when there are no more.
  virtual watcher* next_moved() { return nullptr; }

  // --- accepting: what listeners want of a kernel ---
  // Likewise, for a watcher with is_acceptor: connections come inside `wait` only, non-blocking and
  // close-on-exec, into the row that `here.moved` names. Stopped and abandoned as transfers, but
  // that on the loop's own thread the kernel has let go of the socket when stop_transfer returns.

  // Whether receives or sends are under way. (Where none are, accepting alone would make the loop
  // wait in another place, which costs those who only watch.)
  virtual bool is_transferring() const { return false; }
  // Accepts until told otherwise, or until it fails. 0 or an errno. The outcome EOWNERDEAD: others
  // may accept from the socket by now, whom the kernel would not wake any more.
  virtual int accept(watcher* w) { return (void)w, ENOTSUP; }
};

}  // namespace eddy::engine
