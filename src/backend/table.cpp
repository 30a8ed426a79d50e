#include "backend/table.h"

#include <cerrno>
#include <cstring>

#ifdef EDDY_HAVE_DEV_POLL
#include "backend/dev_poll.h"
#endif
#ifdef EDDY_HAVE_EPOLL
#include "backend/epoll.h"
#endif
#ifdef EDDY_HAVE_EVENT_PORTS
#include "backend/event_ports.h"
#endif
#ifdef EDDY_HAVE_KQUEUE
#include "backend/kqueue.h"
#endif
#include "backend/poll.h"
#include "backend/poll_events.h"
#include "backend/select.h"
#ifdef EDDY_HAVE_IO_URING
#include "backend/uring.h"
#endif

namespace eddy::engine {
namespace {

const char* always_there() { return nullptr; }

// `refused` names the call that a backend begins with; those without one can lack memory only.
template <class Backend>
backend* make(const char** why, const char* refused) {
  backend* made = Backend::create();
  if (made == nullptr) *why = refused;
  return made;
}

[[maybe_unused]] constexpr std::uint32_t epoll_features =
    feature_edge | feature_o1 | feature_early_close | feature_one_shot;

// io_uring's readiness is an epoll set, so what switches epoll off switches it off as well.
constexpr backend_row rows[] = {
#ifdef EDDY_HAVE_IO_URING
    {"io_uring", epoll_features | feature_completion, make_uring_backend, uring_unavailable,
     "EDDY_NO_IO_URING", "EVENT_NOEPOLL"},
#endif
#ifdef EDDY_HAVE_EPOLL
    {"epoll", epoll_features,
     [](const char** why) { return make<epoll_backend>(why, "epoll_create1 failed"); },
     always_there, "EVENT_NOEPOLL", nullptr},
#endif
#ifdef EDDY_HAVE_KQUEUE
    {"kqueue", kqueue_backend::all_features,
     [](const char** why) { return make<kqueue_backend>(why, "kqueue failed"); }, always_there,
     "EVENT_NOKQUEUE", nullptr},
#endif
#ifdef EDDY_HAVE_EVENT_PORTS
    {"evport", event_ports_backend::all_features,
     [](const char** why) { return make<event_ports_backend>(why, "port_create failed"); },
     always_there, "EVENT_NOEVPORT", nullptr},
#endif
#ifdef EDDY_HAVE_DEV_POLL
    {"devpoll", dev_poll_backend::all_features,
     [](const char** why) { return make<dev_poll_backend>(why, "/dev/poll cannot be opened"); },
     always_there, "EVENT_NODEVPOLL", nullptr},
#endif
    {"poll", poll_features | feature_cheap_update,
     [](const char** why) { return make<poll_backend>(why, "out of memory"); }, always_there,
     "EVENT_NOPOLL", nullptr},
    {"select", feature_any_fd | feature_cheap_update,
     [](const char** why) { return make<select_backend>(why, "out of memory"); }, always_there,
     "EVENT_NOSELECT", nullptr},
};
static_assert(sizeof rows / sizeof rows[0] <= most_backends);

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
