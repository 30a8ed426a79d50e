#include "coro/file_call.h"

#include <cerrno>

#include "coro/loop_state.h"
#include "ops/file_attempt.h"

namespace eddy::detail {
namespace {

// Whether the loop's kernel performs operations.
struct kernel_performs : awaitable<kernel_performs> {
  bool begin(const awaiting& a) noexcept {
    performs = static_cast<loop_state*>(a.in->core)->base.completions() != nullptr;
    return false;
  }
  result<bool> await_result() const noexcept { return performs; }
  bool performs = false;
};

struct number_operation : awaitable<number_operation>, kernel_operation {
  explicit number_operation(const request& r) noexcept : kernel_operation(r, "") {}
  result<std::int64_t> await_result() const noexcept { return outcome(); }
};

// It does not know the operation: then plain calls say what is wrong.
bool is_refused(std::int64_t outcome) noexcept {
  return outcome == -EINVAL || outcome == -EOPNOTSUPP || outcome == -ENOSYS || outcome == -EACCES;
}

std::int64_t call(const request& r) noexcept {
  engine::operation op;
  op.what = static_cast<engine::verb>(r.what);
  op.fd = r.fd;
  op.data = r.data;
  op.size = r.size;
  op.verb_flags = r.flags;
  op.offset = r.offset;
  op.second = r.second;
  return engine::attempt_on_file(op);
}

}  // namespace

task<std::int64_t> file_call(request r) {
  if (co_await kernel_performs()) {
    const std::int64_t outcome = co_await number_operation(r);
    if (!is_refused(outcome)) co_return outcome;
  }
  co_return co_await on_thread([&r] { return call(r); });
}

}  // namespace eddy::detail
