#include <eddy/task.hpp>

#include <cstdio>

namespace eddy::detail {

void die_of_misplaced_frame() noexcept {
  std::fputs(
      "eddy: this compiler misplaces the frame of a coroutine that has a co_await for a condition, "
      "as in `if (co_await x)`, and declares no variable: write `if (auto b = co_await x)`. The "
      "backtrace names the coroutine.\n",
      stderr);
  std::terminate();
}

}  // namespace eddy::detail
