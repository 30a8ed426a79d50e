#include "backend/iocp_sockets.h"

#include <atomic>
#include <cstddef>
#include <mutex>

#include "base/memory.h"
#include "base/sys_windows/handles.h"

namespace eddy::engine {
namespace {

struct ownership {
  std::uint32_t port;
  port_socket kind;
};

// By handle: those are multiples of four, and 16 million are the most that a process can have. An
// entry of a socket that its program closes by closesocket() stays until its number is used again.
// The memory stays, too: other static objects may have loops.
constexpr std::size_t in_chunk = 1024, most_chunks = 16384;

struct chunk {
  std::mutex mutex;  // held while Windows is asked, or two loops might find another order
  ownership of[in_chunk];
};
std::atomic<chunk*> chunks[most_chunks];

// Null: no handle.
std::atomic<chunk*>* place_of(int fd) {
  const std::size_t index = static_cast<std::size_t>(fd) / 4 / in_chunk;
  return fd < 0 || index >= most_chunks ? nullptr : &chunks[index];
}

// Null: none was made.
chunk* chunk_of(int fd) {
  const std::atomic<chunk*>* place = place_of(fd);
  return place == nullptr ? nullptr : place->load(std::memory_order_acquire);
}

// Null: no memory, or no handle.
chunk* make_chunk(int fd) {
  std::atomic<chunk*>* place = place_of(fd);
  chunk* there = chunk_of(fd);
  if (place == nullptr || there != nullptr) return there;
  auto* made = memory::create<chunk>();
  if (made == nullptr || place->compare_exchange_strong(there, made)) return made;
  memory::destroy(made);
  return there;
}

ownership& entry_of(chunk& c, int fd) { return c.of[static_cast<std::size_t>(fd) / 4 % in_chunk]; }

// A copy of another port's socket may get its number next.
void forget(int fd) {
  chunk* c = chunk_of(fd);
  if (c == nullptr) return;
  const std::scoped_lock lock(c->mutex);
  entry_of(*c, fd) = {};
}

bool is_stream(SOCKET s) {
  int type = 0, size = sizeof type;
  return ::getsockopt(s, SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) == 0 &&
         type == SOCK_STREAM;
}

// Winsock's layers may hide the system's own socket, and then a success is not what it says
// ("SetFileCompletionNotificationModes function").
bool tells_success_truly(SOCKET s) {
  WSAPROTOCOL_INFOW provider{};
  int size = sizeof provider;
  return ::getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, reinterpret_cast<char*>(&provider),
                      &size) == 0 &&
         (provider.dwServiceFlags1 & XP1_IFS_HANDLES) != 0;
}

port_socket kind_of_new(SOCKET s) {
  if (!is_stream(s)) return port_socket::not_ours;
  constexpr UCHAR modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
  const bool skips = tells_success_truly(s) &&
                     ::SetFileCompletionNotificationModes(reinterpret_cast<HANDLE>(s), modes);
  return skips ? port_socket::skips_successes : port_socket::tells_all;
}

}  // namespace

iocp_sockets::iocp_sockets() {
  static std::atomic<std::uint32_t> last{0};
  us_ = ++last;
  sys::socket_closes.store(forget, std::memory_order_release);
}

port_socket iocp_sockets::own(int fd, HANDLE port, ULONG_PTR key) const {
  chunk* c = make_chunk(fd);
  if (c == nullptr) return port_socket::not_ours;
  const SOCKET s = sys::socket_of(fd);
  const std::scoped_lock lock(c->mutex);
  ownership& entry = entry_of(*c, fd);
  if (::CreateIoCompletionPort(reinterpret_cast<HANDLE>(s), port, key, 0) != nullptr) {
    entry = {us_, kind_of_new(s)};
    return entry.kind;
  }
  const bool is_known = ::GetLastError() == ERROR_INVALID_PARAMETER && entry.port == us_;
  return is_known ? entry.kind : port_socket::not_ours;
}

port_socket iocp_sockets::kind_of(int fd) const {
  chunk* c = chunk_of(fd);
  if (c == nullptr) return port_socket::not_ours;
  const std::scoped_lock lock(c->mutex);
  const ownership& entry = entry_of(*c, fd);
  return entry.port == us_ ? entry.kind : port_socket::not_ours;
}

}  // namespace eddy::engine
