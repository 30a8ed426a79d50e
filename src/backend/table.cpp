#include "backend/table.h"

#include <cerrno>
#include <cstring>

#if defined(_WIN32)
#include "backend/iocp.h"
#include "backend/select_windows.h"
#else
#include "backend/epoll.h"
#include "backend/poll.h"
#include "backend/select.h"
#endif
#ifdef EDDY_HAVE_IO_URING
#include "backend/uring.h"
#endif

namespace eddy::engine {
namespace {

const char* always_there() { return nullptr; }

#if !defined(_WIN32)
backend* make_epoll(const char** why) {
  backend* made = epoll_backend::create();
  if (made == nullptr) *why = "epoll_create1 failed";
  return made;
}

backend* make_poll(const char** why) {
  backend* made = poll_backend::create();
  if (made == nullptr) *why = "out of memory";
  return made;
}
#endif

backend* make_select(const char** why) {
  backend* made = select_backend::create();
  if (made == nullptr) *why = "out of memory";
  return made;
}

#if defined(_WIN32)
constexpr backend_row rows[] = {
    {"iocp", iocp_backend::all_features, make_iocp_backend, iocp_unavailable, "EDDY_NO_IOCP",
     nullptr},
    {"select", feature_cheap_update, make_select, always_there, "EVENT_NOSELECT", nullptr},
};
#else
constexpr std::uint32_t epoll_features =
    feature_edge | feature_o1 | feature_early_close | feature_one_shot;

// io_uring's readiness is an epoll set, so what switches epoll off switches it off as well.
constexpr backend_row rows[] = {
#ifdef EDDY_HAVE_IO_URING
    {"io_uring", epoll_features | feature_completion, make_uring_backend, uring_unavailable,
     "EDDY_NO_IO_URING", "EVENT_NOEPOLL"},
#endif
    {"epoll", epoll_features, make_epoll, always_there, "EVENT_NOEPOLL", nullptr},
    {"poll", feature_any_fd | feature_early_close | feature_cheap_update, make_poll, always_there,
     "EVENT_NOPOLL", nullptr},
    {"select", feature_any_fd | feature_cheap_update, make_select, always_there, "EVENT_NOSELECT",
     nullptr},
};
#endif

}  // namespace

const backend_row* backend_table(std::size_t* count) {
  *count = sizeof rows / sizeof rows[0];
  return rows;
}

const backend_row* find_backend(const char* name) {
  for (const backend_row& row : rows)
    if (std::strcmp(row.name, name) == 0) return &row;
  return nullptr;
}

}  // namespace eddy::engine
