#include <eddy/loop_group.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace eddy {

struct loop_group::state {
  explicit state(std::size_t count) : members(count) {
    for (member& m : members) m.of = this;
  }

  // What each thread does.
  void serve(std::size_t number, make_function make, std::shared_ptr<void> f) noexcept;
  void run_until_over(loop& on) noexcept;
  void fail(std::exception_ptr thrown) noexcept;
  void one_ended(unsigned of_round) noexcept;
  void end() noexcept;
  void stop(std::chrono::nanoseconds deadline) noexcept;

  // Posted when all is over: that must not need memory.
  struct member : detail::posted {
    member() noexcept : posted(&release) {}
    static void release(posted& p, bool wanted);

    std::optional<loop> on;
    std::optional<loop::hold> hold;  // on its thread, until all tasks have ended
    state* of = nullptr;
    bool is_posted = false;
  };
  std::vector<member> members;

  std::mutex guards;  // the rest
  bool running = false;
  unsigned round = 0;    // of `run`: tasks of an earlier one may be left
  std::size_t left = 0;  // tasks
  bool over = false;
  std::exception_ptr failure;
};

loop_group::loop_group(std::size_t count, const loop_options& options)
    : state_(std::make_unique<state>(
          count != 0 ? count : std::max(1u, std::thread::hardware_concurrency()))) {
  for (state::member& m : state_->members) m.on.emplace(options);
}

loop_group::~loop_group() {
  ++state_->round;
  for (state::member& m : state_->members) m.on.reset();
}

std::size_t loop_group::size() const noexcept { return state_->members.size(); }
loop& loop_group::operator[](std::size_t number) noexcept { return *state_->members[number].on; }

void loop_group::stop_within(long long nanoseconds) noexcept {
  const std::lock_guard lock(state_->guards);
  if (state_->running) state_->stop(std::chrono::nanoseconds(nanoseconds));
}

void loop_group::run_all(make_function make, std::shared_ptr<void> f) {
  state& s = *state_;
  std::vector<std::thread> threads;
  threads.reserve(size());
  unsigned round = 0;
  {
    const std::lock_guard lock(s.guards);
    s.running = true;
    s.over = false;
    round = ++s.round;
    s.left = size();
  }
  try {
    for (std::size_t i = 1; i < size(); ++i)
      threads.emplace_back([&s, i, make, f] { s.serve(i, make, f); });
  } catch (...) {
    s.fail(std::current_exception());
    for (std::size_t i = threads.size() + 1; i < size(); ++i) s.one_ended(round);
  }
  s.serve(0, make, f);
  for (std::thread& t : threads) t.join();
  std::exception_ptr thrown;
  {
    const std::lock_guard lock(s.guards);
    s.running = false;
    thrown = std::exchange(s.failure, nullptr);
  }
  if (thrown != nullptr) std::rethrow_exception(thrown);
}

namespace {

// Tells of the task's end, whatever that is. Keeps its function.
template <class Told>
task<void> tell_end(task<void> t, std::shared_ptr<void>, Told told) {
  struct at_end {
    Told& told;
    ~at_end() { told(); }
  } guard{told};
  co_await std::move(t);
}

}  // namespace

void loop_group::state::serve(std::size_t number, make_function make,
                              std::shared_ptr<void> f) noexcept {
  loop& on = *members[number].on;
  members[number].hold.emplace(on);
  try {
    on.spawn(tell_end(make(f.get(), on, number), f, [this, r = round] { one_ended(r); }));
  } catch (...) {
    fail(std::current_exception());
    one_ended(round);
  }
  run_until_over(on);
  members[number].hold.reset();
}

void loop_group::state::run_until_over(loop& on) noexcept {
  for (;;) {
    try {
      on.run();
    } catch (const exception& e) {
      fail(std::current_exception());
      // Its tasks did not end in time: there is nothing left to wait for.
      if (e.code() == std::errc::timed_out && on.size() != 0) end();
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard lock(guards);
    if (over) return;
  }
}

void loop_group::state::fail(std::exception_ptr thrown) noexcept {
  const std::lock_guard lock(guards);
  if (failure != nullptr) return;
  failure = std::move(thrown);
  stop(std::chrono::nanoseconds::max());
}

void loop_group::state::one_ended(unsigned of_round) noexcept {
  bool last = false;
  {
    const std::lock_guard lock(guards);
    if (of_round != round) return;
    last = --left == 0;
  }
  if (last) end();
}

// Loops return when nothing is left of their own.
void loop_group::state::end() noexcept {
  const std::lock_guard lock(guards);
  over = true;
  for (member& m : members)
    if (!m.is_posted) m.is_posted = m.on->post_work(m);
}

void loop_group::state::member::release(posted& p, bool wanted) {
  auto& m = static_cast<member&>(p);
  const std::lock_guard lock(m.of->guards);
  m.is_posted = false;
  if (wanted && m.of->over) m.hold.reset();  // otherwise it is the next run
}

void loop_group::state::stop(std::chrono::nanoseconds deadline) noexcept {
  for (member& m : members) m.on->stop(deadline);
}

}  // namespace eddy
