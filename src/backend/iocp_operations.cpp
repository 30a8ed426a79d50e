// Operations on sockets, and what becomes of them.
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "backend/iocp.h"
#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_windows/errors.h"
#include "base/sys_windows/handles.h"

namespace eddy::engine {
namespace {

// What Winsock says of a call: 0, or an error, of which WSA_IO_PENDING is none.
int word_of(bool done) { return done ? 0 : ::WSAGetLastError(); }

int family_of(SOCKET s) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (::getsockname(s, reinterpret_cast<sockaddr*>(&address), &size) != 0) return AF_UNSPEC;
  return address.ss_family;
}

sys::call call_of(verb what) {
  switch (what) {
    case verb::accept:
      return sys::call::accept;
    case verb::connect:
      return sys::call::connect;
    case verb::recv:
      return sys::call::recv;
    default:
      return sys::call::send;
  }
}

// ConnectEx wants a socket that has an address of its own; one that has is left alone.
int bind_to_any(SOCKET s, int family) {
  sockaddr_storage any{};
  any.ss_family = static_cast<decltype(any.ss_family)>(family);
  const int size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (::bind(s, reinterpret_cast<const sockaddr*>(&any), size) == 0) return 0;
  return ::WSAGetLastError() == WSAEINVAL ? 0 : ::WSAGetLastError();
}

// A connection that was reset before it was accepted, as accept4 says it. (Under Wine it has no
// peer.)
int of_accepting(const operation* op, int error) {
  const bool reset = error == ECONNRESET || error == ENOTCONN;
  return reset && op->what == verb::accept ? ECONNABORTED : error;
}

// As accept4 with SOCK_NONBLOCK: -1, with the socket closed, when it cannot be made so.
std::int64_t finish_accept(iocp_packet* p, const operation* op) {
  const SOCKET made = std::exchange(p->accepted, INVALID_SOCKET);
  u_long nonblocking = 1;
  const bool ready =
      ::setsockopt(made, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                   reinterpret_cast<const char*>(&p->socket), sizeof p->socket) == 0 &&
      ::ioctlsocket(made, static_cast<long>(FIONBIO), &nonblocking) == 0;
  if (!ready || made > INT_MAX) {
    const int error = ready ? EMFILE : sys::errno_of_winsock(::WSAGetLastError());
    ::closesocket(made);
    return -of_accepting(op, error);
  }
  if (op->data != nullptr)
    (void)::getpeername(made, static_cast<sockaddr*>(op->data), op->address_size);
  return static_cast<std::int64_t>(made);
}

}  // namespace

// What the system does as well as the adapter, to the letter of ops.h. (A receive of nothing would
// wait for something; peeking cannot be overlapped.)
bool iocp_backend::may_do(const operation* op) const {
  switch (op->what) {
    case verb::accept:
      return true;
    case verb::connect: {
      const int family = static_cast<const sockaddr*>(op->data)->sa_family;
      return family == AF_INET || family == AF_INET6;  // (what bind_to_any knows)
    }
    case verb::recv:
    case verb::send:
      return op->verb_flags == 0 && op->size != 0;
    default:
      return false;
  }
}

bool iocp_backend::reserve_packet() {
  if (spare_ != nullptr) return true;
  auto* p = static_cast<iocp_packet*>(memory::allocate(sizeof(iocp_packet)));
  if (p == nullptr) return false;
  p->next = nullptr;
  spare_ = p;
  return true;
}

void iocp_backend::keep_packet(iocp_packet* p) {
  --packets_out_;
  p->next = std::exchange(spare_, p);
}

// ENOMEM: the adapter performs this one.
int iocp_backend::submit(operation* op) {
  if (!may_do(op) || !reserve_packet()) return ENOMEM;
  if (sockets_.own(op->fd, port_, of_socket) == port_socket::not_ours) return ENOMEM;
  return operations_.submit(*this, op);
}

bool iocp_backend::give(operation* op) {
  if (!reserve_packet()) return false;
  iocp_packet* p = std::exchange(spare_, spare_->next);
  ++packets_out_;
  std::memset(static_cast<OVERLAPPED*>(p), 0, sizeof(OVERLAPPED));
  p->number = op->handle;
  p->socket = sys::socket_of(op->fd);
  p->accepted = INVALID_SOCKET;
  p->what = op->what;
  op->packet = p;
  std::size_t size = std::min<std::size_t>(op->size, INT_MAX);
  if (!sys::allowed(call_of(op->what), op->fd, size)) {
    refused(op, p, errno);
    return true;
  }
  const int said = start(op, p, size);
  if (said == 0 && sockets_.kind_of(op->fd) == port_socket::skips_successes)
    came(p);
  else if (said != 0 && said != WSA_IO_PENDING)
    refused(op, p, sys::errno_of_winsock(said));
  return true;
}

// No packet comes.
void iocp_backend::refused(operation* op, iocp_packet* p, int error) {
  if (p->accepted != INVALID_SOCKET) ::closesocket(p->accepted);
  keep_packet(p);
  operations_.finish(op, -of_accepting(op, error));
}

// 0: it has ended well; else what Winsock says.
int iocp_backend::start(operation* op, iocp_packet* p, std::size_t size) {
  WSABUF piece{static_cast<ULONG>(size), static_cast<char*>(op->data)};
  DWORD flags = 0;
  switch (op->what) {
    case verb::accept:
      return start_accept(p);
    case verb::connect:
      return start_connect(op, p);
    case verb::recv:
      return word_of(::WSARecv(p->socket, &piece, 1, nullptr, &flags, p, nullptr) == 0);
    default:
      return word_of(::WSASend(p->socket, &piece, 1, nullptr, 0, p, nullptr) == 0);
  }
}

int iocp_backend::start_accept(iocp_packet* p) {
  p->accepted = ::WSASocketW(family_of(p->socket), SOCK_STREAM, 0, nullptr, 0,
                             WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (p->accepted == INVALID_SOCKET) return ::WSAGetLastError();
  constexpr DWORD room = sizeof p->addresses / 2;
  DWORD received = 0;
  return word_of(calls_->accept(p->socket, p->accepted, p->addresses, 0, room, room, &received, p));
}

int iocp_backend::start_connect(operation* op, iocp_packet* p) {
  const auto* to = static_cast<const sockaddr*>(op->data);
  if (const int error = bind_to_any(p->socket, to->sa_family)) return error;
  return word_of(
      calls_->connect(p->socket, to, static_cast<int>(op->size), nullptr, 0, nullptr, p));
}

// By its own memory: a socket of the same number has no such request, and ERROR_NOT_FOUND says that
// it has ended.
bool iocp_backend::give_cancel(std::uint64_t number) {
  if (number & any_transfer) return cancel_transfer(number), true;
  const operation* op = operations_.of(number);
  auto* p = static_cast<iocp_packet*>(op->packet);
  (void)::CancelIoEx(reinterpret_cast<HANDLE>(p->socket), p);
  return true;
}

void iocp_backend::came(iocp_packet* p) {
  if (operation* op = operations_.of(p->number)) operations_.finish(op, result_of(op, p));
  if (p->accepted != INVALID_SOCKET) ::closesocket(p->accepted);
  keep_packet(p);
}

std::int64_t iocp_backend::result_of(const operation* op, iocp_packet* p) {
  if (const int error = error_of(*p)) return -of_accepting(op, error);
  if (op->what == verb::accept) return finish_accept(p, op);
  if (op->what != verb::connect) return static_cast<std::int64_t>(p->InternalHigh);
  // Without it the socket has no peer for shutdown and getpeername.
  (void)::setsockopt(p->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, nullptr, 0);
  return 0;
}

}  // namespace eddy::engine
