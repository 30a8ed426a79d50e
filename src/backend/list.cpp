#include "eddy/backends.hpp"

#include "backend/table.h"

namespace eddy {

std::size_t list_backends(backend_info* out, std::size_t capacity) noexcept {
  using namespace engine;
  static_assert(unsigned{feature_edge} == backend_edge_triggered &&
                unsigned{feature_completion} == backend_completion);
  constexpr std::uint32_t told =
      feature_edge | feature_o1 | feature_any_fd | feature_early_close | feature_completion;
  std::size_t count = 0;
  const backend_row* rows = backend_table(&count);
  for (std::size_t i = 0; i < count && i < capacity; ++i) {
    const char* reason = rows[i].unavailable();
    out[i] = backend_info{rows[i].name, rows[i].features & told, reason == nullptr, reason};
  }
  return count;
}

}  // namespace eddy
