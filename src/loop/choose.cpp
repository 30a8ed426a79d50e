// Which backend a loop gets, and how it opens and closes.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

#include "backend/table.h"
#include "base/memory.h"
#include "base/sys.h"
#include "loop/loop.h"
#include "loop/signals.h"

namespace eddy::engine {
namespace {

bool switched_off(const backend_row& row, const loop_options& options) {
  if (options.avoids != nullptr && options.avoids(row.name, options.avoid_context)) return true;
  if (options.ignore_environment) return false;
  const auto is_set = [](const char* name) {
    return name != nullptr && sys::trusted_environment(name) != nullptr;
  };
  return is_set(row.off_switch) || is_set(row.other_off_switch);
}

const char* wanted_name(const loop_options& options) {
  if (options.backend != nullptr) return options.backend;
  if (options.ignore_environment) return nullptr;
  const char* name = sys::trusted_environment("EDDY_BACKEND");
  return name != nullptr && *name != '\0' ? name : nullptr;
}

}  // namespace

void loop::say(int severity, const char* message) const {
  if (log_ != nullptr) log_(severity, message);
}

int loop::choose_backend(const loop_options& options) {
  std::size_t count = 0;
  const backend_row* rows = backend_table(&count);
  const char* name = wanted_name(options);
  if (name != nullptr && find_backend(name) == nullptr) {
    why_ = "no backend of that name; `eddy info` lists them";
    return EINVAL;
  }
  int error = EINVAL;
  why_ = "no backend has the required features, or all were switched off";
  for (std::size_t i = 0; i < count; ++i) {
    const backend_row& row = rows[i];
    if (name != nullptr && std::strcmp(name, row.name) != 0) continue;
    const bool fits = (row.features & options.required_features) == options.required_features;
    if (!fits || switched_off(row, options)) {
      // Whoever set EDDY_BACKEND does not know what the program needs: it gets the next.
      if (name != nullptr && options.backend == nullptr) name = nullptr;
      continue;
    }
    errno = ENOSYS;
    why_ = row.unavailable();
    if (why_ == nullptr) backend_ = row.create(&why_);
    if (backend_ != nullptr) {
      edge_bit_ = row.features & feature_edge ? watch_edge : 0;
      highest_fd_ = backend_->highest_descriptor();
      if (row.features & feature_completion)
        completion_ = static_cast<completion_backend*>(backend_);
      if (completion_ != nullptr && options.reads_ahead) completion_->may_read_ahead();
      return 0;
    }
    error = errno;
    static std::atomic<bool> said{false};
    if (i + 1 < count && !said.exchange(true)) {
      char message[160];
      std::snprintf(message, sizeof message,
                    "eddy: %s is not available (%s); trying the next backend", row.name, why_);
      say(1, message);
    }
    // Who asks for io_uring by name still gets a loop where it is denied; other names are strict.
    if (name != nullptr && (row.features & feature_completion)) name = nullptr;
  }
  return error;
}

int loop::open(const loop_options& options) {
  log_ = options.log;
  clock_ = options.clock;
  no_time_cache_ = options.no_time_cache;
  dispatch_interval_ = options.dispatch_interval;
  dispatch_callbacks_ = options.dispatch_callbacks;
  limited_from_ = options.limited_from;
  if (const int error = choose_backend(options)) return error;
  if (const int error = set_priorities(1)) {
    why_ = "out of memory";
    return error;
  }
  if (options.threads == nullptr) return 0;
  threads_ = options.threads;
  bare_calls_ = false;
  lock_ = threads_->lock_alloc(recursive_lock_type);
  condition_ = threads_->cond_alloc != nullptr ? threads_->cond_alloc(0) : nullptr;
  if (lock_ == nullptr || (threads_->cond_alloc != nullptr && condition_ == nullptr)) {
    why_ = "a lock could not be made";
    return ENOMEM;
  }
  return 0;
}

loop::~loop() {
  // Whoever handed over the last piece of work may still be about to wake the loop that has done
  // it.
  while (wakers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  for (posted_work *p = posted_.close(), *next = nullptr; p != nullptr; p = next) {
    next = p->next_posted;
    p->clear(in_active);
    if (p->dropped != nullptr) p->dropped(p);
  }
  while (!end_notices_.empty()) {
    list_node* n = end_notices_.front();
    n->unlink();
    auto* notice = reinterpret_cast<end_notice*>(n);
    notice->ended(notice);
  }
  close_watchers();
  close_signals();
  for (common_timeout* queue : common_) memory::destroy(queue);
  memory::release(active_);
  memory::destroy(backend_);
  if (condition_ != nullptr) threads_->cond_free(condition_);
  if (lock_ != nullptr) threads_->lock_free(lock_, recursive_lock_type);
}

int loop::set_priorities(int count) {
  if (count < 1 || count >= 256) return EINVAL;
  if (active_count_ != 0) return EBUSY;
  if (count == priority_count_) return 0;
  auto* queues = static_cast<list_head*>(
      memory::allocate(static_cast<std::size_t>(count) * sizeof(list_head)));
  if (queues == nullptr) return ENOMEM;
  for (int i = 0; i < count; ++i) new (queues + i) list_head;
  memory::release(active_);
  active_ = queues;
  priority_count_ = count;
  return 0;
}

}  // namespace eddy::engine
