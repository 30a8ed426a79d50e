#include <eddy/loop.hpp>

#include <event2/event.h>
#include <event2/thread.h>

#include <cerrno>
#include <cstdio>

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

[[noreturn]] void refuse(int number, const char* backend) {
  error(std::error_code(number, std::system_category()), "make a loop",
        backend != nullptr ? std::string_view(backend) : std::string_view())
      .raise();
}

}  // namespace

loop::loop(const loop_options& options) {
  event_base* base = new_base(options);
  if (base == nullptr) refuse(options.backend != nullptr ? EINVAL : ENOMEM, options.backend);
  state_ = detail::loop_state::of(base, options);
  if (state_ != nullptr) return;
  event_base_free(base);
  refuse(ENOMEM, options.backend);
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
