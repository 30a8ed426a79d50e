#include <eddy/loop.hpp>

#include <event2/event.h>
#include <event2/thread.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "backend/table.h"
#include "base/clock.h"
#include "base/sys.h"
#include "coro/loop_state.h"

namespace eddy {
namespace {

event_base* new_base(const loop_options& options) {
  if (options.threads) (void)evthread_use_pthreads();
  event_config* config = event_config_new();
  if (config == nullptr) return nullptr;
  if (!options.threads) (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  if (options.backend != nullptr) {
    std::size_t count = 0;
    const engine::backend_row* rows = engine::backend_table(&count);
    for (std::size_t i = 0; i < count; ++i)
      if (std::string_view(rows[i].name) != options.backend)
        (void)event_config_avoid_method(config, rows[i].name);
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
  }
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

[[noreturn]] void refuse(int number, std::string_view what) {
  error::of_errno(number, "make a loop", what).raise();
}

// There is no base: says which backend was asked for, if any was, and what is wrong with it.
// `number` is what the last call that failed left in errno, 0 if none did.
[[noreturn]] void refuse_base(const loop_options& options, int number) {
  const char* name = options.backend;
  std::string what;
  if (name != nullptr) {
    what = name;
  } else if (name = engine::sys::trusted_environment("EDDY_BACKEND");
             name != nullptr && *name != '\0') {
    what = std::string("EDDY_BACKEND=") + name;
  }
  if (!what.empty()) {
    const engine::backend_row* row = engine::find_backend(name);
    if (row == nullptr) refuse(EINVAL, what);
    if (row->unavailable() != nullptr) refuse(EOPNOTSUPP, what);
  }
  refuse(number != 0 ? number : EINVAL, what);  // 0: all were switched off
}

}  // namespace

loop::loop(const loop_options& options) {
  errno = 0;
  event_base* base = new_base(options);
  if (base == nullptr) refuse_base(options, errno);
  errno = 0;
  state_ = detail::loop_state::of(base, options);
  if (state_ != nullptr) return;
  const int number = errno != 0 ? errno : ENOMEM;
  event_base_free(base);
  refuse(number, options.backend != nullptr ? options.backend : "");
}

loop loop::wrap(event_base* base) {
  detail::loop_state* state = detail::loop_state::of(base, loop_options{});
  if (state == nullptr) refuse(ENOMEM, "an event_base");
  return loop(*state);
}

event_base* loop::native_handle() const noexcept { return &state_->base; }

void loop::close() noexcept {
  event_base_free(&state_->base);  // calls loop_state::end
  owns_ = false;
}

void loop::run() { state_->run(); }
void loop::run_until(detail::main_task& main) { state_->run_until(main); }
void loop::spawn(task<void> t) { state_->roots.start(std::move(t)); }
std::size_t loop::size() const noexcept { return state_->roots.count(); }
void loop::stop_within(long long nanoseconds) noexcept { state_->request_stop(nanoseconds); }
bool loop::post_work(detail::posted& p) noexcept { return state_->post(p); }
void loop::wake() noexcept { state_->wake(); }
const char* loop::backend() const noexcept { return state_->base.backend_name(); }
std::string loop::suspended_tasks() const { return state_->suspended_tasks(); }

loop::clock::time_point loop::now() const noexcept {
  return clock::time_point(std::chrono::nanoseconds(state_->base.now()));
}

void loop::hold::keep(int change) noexcept {
  if (state_ != nullptr) state_->base.add_virtual(change);
}

}  // namespace eddy
