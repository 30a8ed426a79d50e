#include <eddy/resume_on.hpp>

#include <cerrno>
#include <cstdio>
#include <mutex>

#include "base/memory.h"
#include "coro/loop_state.h"

namespace eddy {
namespace detail {
namespace {

struct journey;

struct message : posted {
  message(journey& about, function f) noexcept : posted(f), of(about) {}
  journey& of;
};

// A coroutine that is away from the loop of who waits for it. It is itself the cancellation of what
// the coroutine does there.
struct journey final : cancellation {
  journey(promise_base& p, loop_state& start) noexcept;

  static journey& of(promise_base& p) noexcept { return static_cast<journey&>(*p.stop); }
  void depart(loop_state& for_where, std::coroutine_handle<> h) noexcept;
  void forget() noexcept {
    if (references.fetch_sub(1) == 1) engine::memory::destroy(this);
  }

  // On the thread of the loop that it leaves or comes to.
  static void leave(engine::callback*, void* self) noexcept;
  static void arrive(posted& p, bool wanted) noexcept;
  void come_home() noexcept;
  void visit() noexcept;
  void turn_back() noexcept;
  void send_home() noexcept;
  // On the thread at home, and then on the other.
  static void stopped_at_home(stoppable& s) noexcept;
  static void requested(posted& p, bool wanted) noexcept;
  void pass_on_request() noexcept;

  promise_base& who;
  const context home;
  loop_state& home_loop;
  struct home_link : waiting {
    explicit home_link(journey& j) noexcept : waiting(&stopped_at_home), of(j) {}
    journey& of;
  } link_home{*this};  // in the cancellation at home
  std::coroutine_handle<> handle;
  bool ends = false;
  int* outcome = nullptr;  // of the move that is being made
  loop_state* from;
  loop_state* to = nullptr;
  engine::callback departure;
  message arrival{*this, &arrive};
  message request_sent{*this, &requested};
  std::atomic<int> references{1};  // by the coroutine, and by a request that is on the way

  std::mutex guards;  // the rest
  loop_state* visited = nullptr;
  loop_state* asked_at = nullptr;
  bool stop_asked = false;
};

journey::journey(promise_base& p, loop_state& start) noexcept
    : who(p), home{p.core, p.stop}, home_loop(start), from(&start) {
  // Reports show who waits at home.
  link_home.who.promise = p.awaited_by();
  if (home.stop->requested())
    stop_asked = true;
  else
    home.stop->add(link_home);
  home_loop.base.add_virtual(1);
}

// It leaves when it has been suspended for good: nothing may look at its frame any more.
void journey::depart(loop_state& for_where, std::coroutine_handle<> h) noexcept {
  handle = h;
  to = &for_where;
  departure.flags = engine::is_initialised;
  departure.kind = engine::closure::self;
  departure.on_self = leave;
  departure.argument = this;
  departure.priority = static_cast<std::uint8_t>(from->base.priorities() / 2);
  (void)from->base.defer(&departure);
}

void journey::leave(engine::callback*, void* self) noexcept {
  auto& j = *static_cast<journey*>(self);
  loop_state& left = *j.from;
  const bool was_away = &left != &j.home_loop;
  if (was_away) {
    const std::lock_guard lock(j.guards);
    j.visited = nullptr;
    j.detach();
  }
  if (j.to == &j.home_loop)
    j.send_home();
  else if (!j.to->post(j.arrival))
    j.turn_back();
  // `j` may be on another thread, or gone.
  if (was_away) left.roots.exit().resume();
}

void journey::arrive(posted& p, bool wanted) noexcept {
  journey& j = static_cast<message&>(p).of;
  if (j.to != &j.home_loop)
    wanted ? j.visit() : j.turn_back();
  else if (wanted)
    j.come_home();  // otherwise suspended for ever, as its loop says
}

// The loop that it wanted to go to is closed.
void journey::turn_back() noexcept {
  *outcome = ECANCELED;
  to = &home_loop;
  send_home();
}

void journey::send_home() noexcept {
  if (home_loop.post(arrival)) return;
  std::fprintf(stderr,
               "eddy: a coroutine that moved to another loop cannot come back: its own loop is "
               "closed\n");
  std::terminate();
}

void journey::come_home() noexcept {
  link_home.unlink_if_linked();
  home_loop.base.add_virtual(-1);
  static_cast<context&>(who) = home;
  const std::coroutine_handle<> suspended = handle;
  promise_base& moved = who;
  const bool ended = ends;
  forget();
  if (ended)
    promise_base::hand_over(moved, suspended).resume();
  else
    suspended.resume();
}

void journey::visit() noexcept {
  to->roots.enter();
  attach(to->stop);
  who.core = to;
  who.stop = this;
  from = to;
  bool stop_now = false;
  {
    const std::lock_guard lock(guards);
    visited = to;
    stop_now = stop_asked;
  }
  if (stop_now) request();
  handle.resume();
}

// --- what is cancelled at home is cancelled where it is ---

void journey::stopped_at_home(stoppable& s) noexcept {
  journey& j = static_cast<home_link&>(s).of;
  const std::lock_guard lock(j.guards);
  j.stop_asked = true;
  j.pass_on_request();
}

void journey::pass_on_request() noexcept {
  if (visited == nullptr) return;  // it will hear of it when it arrives
  asked_at = visited;
  references.fetch_add(1);
  if (!visited->post(request_sent)) references.fetch_sub(1);
}

void journey::requested(posted& p, bool) noexcept {
  journey& j = static_cast<message&>(p).of;
  bool still_here = false;
  {
    const std::lock_guard lock(j.guards);
    still_here = j.visited == j.asked_at;
    if (!still_here) j.pass_on_request();
  }
  if (still_here) j.request();
  j.forget();
}

}  // namespace

std::coroutine_handle<> come_home(promise_base& p, std::coroutine_handle<> h) noexcept {
  journey& j = journey::of(p);
  j.ends = true;
  j.depart(j.home_loop, h);
  return std::noop_coroutine();
}

}  // namespace detail

bool resume_on::begin(const awaiting& a) noexcept {
  detail::promise_base& p = *a.promise;
  if (a.in != &p) {
    outcome_ = EINVAL;
    return false;
  }
  if (p.core == to_) return false;
  auto* j = &detail::journey::of(p);
  if (p.is_home())
    j = engine::memory::create<detail::journey>(p, static_cast<detail::loop_state&>(*p.core));
  if (j == nullptr) {
    outcome_ = ENOMEM;
    return false;
  }
  j->outcome = &outcome_;
  j->depart(static_cast<detail::loop_state&>(*to_), a.handle);
  return true;
}

}  // namespace eddy
