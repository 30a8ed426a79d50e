// Transfers: receives and sends of streams that the system performs.
//
// For loops that may read ahead only (backend.h). A WSARecv takes bytes from the socket when they
// come, inside a wait or not, so who disables a stream and then reads from its socket himself would
// miss them: they stand in the input. And a WSASend that is told to end does not say how much it
// sent ("CancelIoEx function": the size may be wrong), so none is, but at the loop's end: with the
// peer slow, the stream's output stays the system's, and bufferevent_setfd is refused (EBUSY),
// until it has taken it. Readiness (iocp_afd.h) makes neither trade, for one call more at each
// piece.
//
// A receive has a block of 4 KiB, whose pages the system locks, for as long as nothing comes; what
// fills it is followed by a call that takes up to 64 KiB more.
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
#include "buffer/chain.h"

namespace eddy::engine {
namespace {

constexpr std::size_t waiting_block = 4000;  // with what a chain and malloc need, 4 KiB
constexpr std::size_t following_block = 64 << 10;
// So that large outputs show progress.
constexpr std::size_t most_to_send = 256 << 10;

std::size_t place_of(std::uint64_t number) {
  return static_cast<std::uint32_t>(number & ~any_transfer);
}

// What became of a call. 0: the request has ended, and brings no packet; EINPROGRESS: it brings
// one; else why it was not begun.
int state_after(bool done, port_socket of) {
  if (done) return of == port_socket::skips_successes ? 0 : EINPROGRESS;
  const int said = ::WSAGetLastError();
  // (Too many requests: so many pages cannot be locked.)
  if (said == WSAEWOULDBLOCK) return ENOBUFS;
  return said == WSA_IO_PENDING ? EINPROGRESS : sys::errno_of_winsock(said);
}

void took(chain* c, std::size_t size, watcher* w) {
  c->size = size;
  c->room -= size;
  c->lent = true;  // to be given back soon: little that stays is copied out
  append_to_circle(&w->here.moved.last, c);
}

// What stands behind a block that was filled, if anything does: the socket may be a blocking one.
// Its end, and errors, are for the next receive.
void take_the_rest(int fd, watcher* w) {
  u_long there = 0;
  if (::ioctlsocket(static_cast<SOCKET>(fd), static_cast<long>(FIONREAD), &there) != 0 ||
      there == 0)
    return;
  chain* c = make_chain(following_block);
  if (c == nullptr) return;
  const ssize_t got = sys::recv(fd, c->begin, c->room, 0);
  if (got > 0)
    took(c, static_cast<std::size_t>(got), w);
  else
    release_chain(c);
}

}  // namespace

// Null: no memory.
iocp_transfer* iocp_backend::make_transfer(std::uint64_t number, int fd) {
  array<iocp_transfer*>& table = table_of(number);
  const std::size_t place = place_of(number);
  if (place >= table.size() && !table.resize(place + 1, nullptr)) return nullptr;
  iocp_transfer* t = spare_transfers_;
  if (t != nullptr)
    spare_transfers_ = t->next;
  else if ((t = memory::create<iocp_transfer>()) == nullptr)
    return nullptr;
  std::memset(static_cast<OVERLAPPED*>(t), 0, sizeof(OVERLAPPED));
  t->number = number;
  t->fd = fd;
  t->told_to_end = false;
  table[place] = t;
  ++packets_out_;
  return t;
}

void iocp_backend::keep_transfer(iocp_transfer* t) {
  --packets_out_;
  if (t->into != nullptr) release_chain(std::exchange(t->into, nullptr));
  table_of(t->number)[place_of(t->number)] = nullptr;
  t->next = std::exchange(spare_transfers_, t);
}

void iocp_backend::free_spare_transfers() {
  while (iocp_transfer* t = spare_transfers_) {
    spare_transfers_ = t->next;
    memory::destroy(t);
  }
}

// Null: the system has none of that number.
iocp_transfer* iocp_backend::find_transfer(std::uint64_t number) {
  const array<iocp_transfer*>& table = table_of(number);
  const std::size_t place = place_of(number);
  iocp_transfer* t = place < table.size() ? table[place] : nullptr;
  return t != nullptr && t->number == number ? t : nullptr;
}

int iocp_backend::start_receive(iocp_transfer* t, int limit) {
  const port_socket kind = sockets_.own(t->fd, port_, of_socket);
  if (kind == port_socket::not_ours) return EOPNOTSUPP;
  std::size_t size = t->into->room;
  if (limit != 0) size = std::min(size, static_cast<std::size_t>(limit));
  if (!sys::allowed(sys::call::recv, t->fd, size)) return errno;
  t->is_whole = limit == 0 ? size : SIZE_MAX;
  WSABUF piece{static_cast<ULONG>(size), reinterpret_cast<char*>(t->into->begin)};
  DWORD flags = 0;
  const int result = ::WSARecv(sys::socket_of(t->fd), &piece, 1, nullptr, &flags, t, nullptr);
  return state_after(result == 0, kind);
}

// What finds no memory ends: nothing would wake the loop to ask again.
bool iocp_backend::give_receive(watcher* w, std::uint64_t number) {
  transfers_.receive_given(number);
  iocp_transfer* t = make_transfer(number | of_receive, w->fd);
  if (t == nullptr) {
    transfers_.received(transfers_.receiver(number), number, -ENOMEM, true);
    return true;
  }
  t->into = make_chain(waiting_block);
  const int error = t->into != nullptr ? start_receive(t, w->reserved) : ENOMEM;
  if (error == 0)
    transfer_came(t);
  else if (error != EINPROGRESS)
    receive_ended(t, -error);
  return true;
}

// In the order of their receives, because a stream has one at a time.
void iocp_backend::received(iocp_transfer* t, int result) {
  watcher* w = transfers_.receiver(t->number & ~any_transfer);
  if (result > 0 && w != nullptr) {
    const auto size = static_cast<std::size_t>(result);
    took(std::exchange(t->into, nullptr), size, w);
    if (size == t->is_whole && !t->told_to_end) take_the_rest(t->fd, w);
  }
  receive_ended(t, result);
}

void iocp_backend::receive_ended(iocp_transfer* t, int result) {
  const std::uint64_t number = t->number & ~any_transfer;
  keep_transfer(t);
  // (ENOBUFS would be asked again at once, as where a ring has given out all its blocks.)
  if (result == -ENOBUFS) result = -ENOMEM;
  transfers_.received(transfers_.receiver(number), number, result, true);
}

int iocp_backend::send(watcher* w, buffer& from, std::size_t most) {
  return transfers_.send(w, from, std::min(most, most_to_send), false);
}

int iocp_backend::start_send(iocp_transfer* t, const send_job& job) {
  const port_socket kind = sockets_.own(t->fd, port_, of_socket);
  if (kind == port_socket::not_ours) return EOPNOTSUPP;
  if (!sys::allowed(sys::call::send, t->fd)) return errno;
  WSABUF pieces[send_job::most_pieces];
  for (int i = 0; i < job.count; ++i)
    pieces[i] = {static_cast<ULONG>(job.pieces[i].iov_len),
                 static_cast<char*>(job.pieces[i].iov_base)};
  const int result = ::WSASend(sys::socket_of(t->fd), pieces, static_cast<DWORD>(job.count),
                               nullptr, 0, t, nullptr);
  return state_after(result == 0, kind);
}

bool iocp_backend::give_send(send_job* job) {
  transfers_.send_given(job->number);
  iocp_transfer* t = make_transfer(job->number | of_send, job->fd);
  if (t == nullptr) {
    transfers_.sent(job->number, -ENOMEM, false);
    return true;
  }
  const int error = start_send(t, *job);
  if (error == 0)
    transfer_came(t);
  else if (error != EINPROGRESS)
    sent(t, -error);
  return true;
}

void iocp_backend::sent(iocp_transfer* t, int result) {
  const std::uint64_t number = t->number & ~any_transfer;
  keep_transfer(t);
  transfers_.sent(number, result, false);
}

void iocp_backend::transfer_came(iocp_transfer* t) {
  const int error = error_of(*t);
  const int result = error != 0 ? -error : static_cast<int>(t->InternalHigh);
  return t->number & of_receive ? received(t, result) : sent(t, result);
}

// A send goes on to its end, because its outcome would not be told.
void iocp_backend::cancel_transfer(std::uint64_t number) {
  iocp_transfer* t = find_transfer(number);
  if (t == nullptr || ((number & of_send) && !closing_)) return;
  t->told_to_end = true;
  (void)::CancelIoEx(reinterpret_cast<HANDLE>(sys::socket_of(t->fd)), t);
}

// What a receive took before it was told to end is there when this returns: that is known at once,
// unlike what the peer of a send does. (`waiting`: the loop takes the packet.)
void iocp_backend::stop_transfer(watcher* w, bool waiting) {
  const std::uint64_t number =
      (w->events & watch_write) == 0 ? transfers_.receive_of(w) : std::uint64_t{0};
  transfers_.stop(*this, w, false);
  if (number == 0 || waiting) return;
  sort_out();
  int error = 0;
  while (find_transfer(number | of_receive) != nullptr && take(1000, &error)) sort_out();
}

// What has ended is told, what the system has not seen ends; nothing is waited for.
void iocp_backend::finish_send(watcher* w) {
  if (w->here.moved.number == 0) return;
  const std::uint64_t number = transfers_.send_of(w);
  transfers_.hurry_send(*this, w);
  sort_out();
  int error = 0;
  while (transfers_.is_sending(number) && take(0, &error)) sort_out();
}

}  // namespace eddy::engine
