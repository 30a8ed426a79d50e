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
  std::uint8_t traits;
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

// Null: no memory, or no handle.
chunk* chunk_of(int fd) {
  const std::size_t index = static_cast<std::size_t>(fd) / 4 / in_chunk;
  if (fd < 0 || index >= most_chunks) return nullptr;
  std::atomic<chunk*>& place = chunks[index];
  chunk* there = place.load(std::memory_order_acquire);
  if (there != nullptr) return there;
  auto* made = memory::create<chunk>();
  if (made == nullptr || place.compare_exchange_strong(there, made)) return made;
  memory::destroy(made);
  return there;
}

ownership& entry_of(chunk& c, int fd) { return c.of[static_cast<std::size_t>(fd) / 4 % in_chunk]; }

// A copy of another port's socket may get its number next.
void forget(int fd) {
  const std::size_t index = static_cast<std::size_t>(fd) / 4 / in_chunk;
  chunk* c =
      fd < 0 || index >= most_chunks ? nullptr : chunks[index].load(std::memory_order_acquire);
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
// ("SetFileCompletionNotificationModes function"); of datagrams it is said to be wrong as well.
bool tells_success_truly(SOCKET s) {
  WSAPROTOCOL_INFOW provider{};
  int size = sizeof provider;
  return ::getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, reinterpret_cast<char*>(&provider),
                      &size) == 0 &&
         (provider.dwServiceFlags1 & XP1_IFS_HANDLES) != 0;
}

unsigned traits_of_new(SOCKET s) {
  if (!is_stream(s)) return socket_is_ours;
  constexpr UCHAR modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
  const bool skips = tells_success_truly(s) &&
                     ::SetFileCompletionNotificationModes(reinterpret_cast<HANDLE>(s), modes);
  return socket_is_ours | socket_is_stream | (skips ? socket_skips : 0u);
}

}  // namespace

iocp_sockets::iocp_sockets() {
  static std::atomic<std::uint32_t> last{0};
  us_ = ++last;
  sys::socket_closes.store(forget, std::memory_order_release);
}

unsigned iocp_sockets::own(int fd, HANDLE port, ULONG_PTR key) const {
  chunk* c = chunk_of(fd);
  if (c == nullptr) return 0;
  const SOCKET s = sys::socket_of(fd);
  const std::scoped_lock lock(c->mutex);
  ownership& entry = entry_of(*c, fd);
  if (::CreateIoCompletionPort(reinterpret_cast<HANDLE>(s), port, key, 0) != nullptr) {
    entry = {us_, static_cast<std::uint8_t>(traits_of_new(s))};
    return entry.traits;
  }
  return ::GetLastError() == ERROR_INVALID_PARAMETER && entry.port == us_ ? entry.traits : 0u;
}

unsigned iocp_sockets::traits_of(int fd) const {
  chunk* c = chunk_of(fd);
  if (c == nullptr) return 0;
  const std::scoped_lock lock(c->mutex);
  const ownership& entry = entry_of(*c, fd);
  return entry.port == us_ ? entry.traits : 0u;
}

}  // namespace eddy::engine
