// The port: its life, waiting, and what comes out of it.
#include "backend/iocp.h"

#include <cerrno>
#include <climits>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

// Who stops a transfer takes packets, too, while the loop's own thread may be busy: with 1 he would
// get none ("CreateIoCompletionPort function").
constexpr DWORD most_threads = INT_MAX;

// Rounded up, so that a timer is never early.
DWORD to_milliseconds(std::int64_t timeout) {
  if (timeout < 0) return INFINITE;
  const std::int64_t ms = timeout / 1'000'000 + (timeout % 1'000'000 != 0);
  return ms > INT_MAX ? INT_MAX : static_cast<DWORD>(ms);
}

}  // namespace

backend* make_iocp_backend(const char** why) {
  const iocp_calls* calls = find_iocp_calls(why);
  if (calls == nullptr) {
    errno = ENOSYS;
    return nullptr;
  }
  auto* made = memory::create<iocp_backend>();
  const int error = made == nullptr ? ENOMEM : made->open(calls);
  if (error == 0) return made;
  *why = made == nullptr ? "out of memory" : "no completion port, or no AFD device, could be made";
  memory::destroy(made);
  errno = error;
  return nullptr;
}

const char* iocp_unavailable() {
  const char* why = nullptr;
  (void)find_iocp_calls(&why);
  return why;
}

int iocp_backend::open(const iocp_calls* calls) {
  calls_ = calls;
  port_ = ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, most_threads);
  if (port_ == nullptr) return EMFILE;
  return afd_.open(calls, port_, of_afd);
}

iocp_backend::~iocp_backend() {
  if (port_ == nullptr) return;
  end_all();
  while (iocp_packet* p = spare_) {
    spare_ = p->next;
    memory::release(p);
  }
  free_spare_transfers();
  ::CloseHandle(port_);
}

// The system writes into the memory of each request until its packet has come. That of one that
// does not come, as long as others do not either, is the system's for ever.
void iocp_backend::end_all() {
  constexpr int most_silent_seconds = 5;
  polls_.forget_all(afd_);
  operations_.cancel_all(*this);
  closing_ = true;
  transfers_.cancel_sends(*this);
  for (int silent = 0; packets_out_ + polls_.with_kernel() != 0 && silent < most_silent_seconds;) {
    int error = 0;
    silent = take(1000, &error) ? 0 : silent + 1;
    sort_out();
  }
  if (packets_out_ == 0) transfers_.give_up(false);
}

void iocp_backend::before_wait() {
  // (Who adds work from here on counts on its packet.)
  woken_ = false;
  operations_.give_cancels(*this);
  operations_.give_waiting(*this);
  transfers_.give_cancels(*this);
  transfers_.give_receives(*this);
  transfers_.give_sends(*this);
  polls_.before_wait(afd_);
  // Their packets are there by now: so what is wanted anew is asked for in this wait.
  int error = 0;
  if (polls_.ending() != 0 && packet_count_ == 0 && take(0, &error)) {
    sort_out();
    polls_.before_wait(afd_);
  }
  has_news_ = woken_ || !early_.ready.empty() || operations_.has_finished() ||
              transfers_.has_news() || polls_.has_news() || packet_count_ != 0;
}

// False when nothing came; an errno when that was not for lack of time.
bool iocp_backend::take(DWORD milliseconds, int* error) {
  ULONG count = 0;
  if (::GetQueuedCompletionStatusEx(port_, packets_, most_packets, &count, milliseconds, FALSE)) {
    packet_count_ = count;
    next_packet_ = 0;
    return true;
  }
  *error = ::GetLastError() == WAIT_TIMEOUT ? 0 : EIO;
  return false;
}

int iocp_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  if (packet_count_ != 0) return 0;
  if (!sys::allowed(sys::call::port_wait, -1)) return errno;
  int error = 0;
  if (take(has_news_ ? 0 : to_milliseconds(timeout), &error) && packet_count_ == most_packets)
    fired_now.more = true;
  return error;
}

void iocp_backend::sort_out() {
  // What ends may call who lent the memory of a send, and he may stop a transfer, which comes here
  // again: each packet is taken out first.
  while (next_packet_ != packet_count_) {
    const OVERLAPPED_ENTRY e = packets_[next_packet_++];
    if (e.lpOverlapped == nullptr) {
      woken_ = true;
      continue;
    }
    if (e.lpCompletionKey == of_afd) {
      poll_request* r = afd_device::request_of(e);
      polls_.came(afd_, r, afd_device::ready_of(r), early_);
      continue;
    }
    auto* r = static_cast<iocp_request*>(e.lpOverlapped);
    if (r->number & any_transfer)
      transfer_came(static_cast<iocp_transfer*>(r));
    else
      came(static_cast<iocp_packet*>(r));
  }
  packet_count_ = next_packet_ = 0;
}

int iocp_backend::collect(fired_list& fired_now) {
  polls_.after_wait();
  sort_out();
  polls_.tell_failed(afd_, early_);
  while (operation* op = operations_.take_finished()) fired_now.completed.push(op);
  const std::size_t count = early_.ready.size();
  if (!fired_now.ready.reserve(fired_now.ready.size() + count)) return ENOMEM;
  for (const fired& f : early_.ready) fired_now.ready.push_reserved(f);
  early_.ready.clear();
  return 0;
}

// There is no fork here; whoever asks wants everything told anew.
int iocp_backend::after_fork() {
  polls_.forget_all(afd_);
  early_.ready.clear();
  return 0;
}

}  // namespace eddy::engine
