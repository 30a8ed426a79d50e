// The iocp backend (Windows Vista and later): a completion port.
//
// Operations on sockets are the system's: AcceptEx, ConnectEx, WSARecv, WSASend. Readiness is a
// poll of each socket (iocp_afd.h), whose answer is a packet like any other, and so is a wake-up.
// Up to 64 packets are taken by one call. What Windows cannot do so (messages with addresses,
// peeking, files) goes by the adapter of src/ops.
//
// A socket that belongs to another port (iocp_sockets.h), that of another loop or of somebody else,
// goes by the adapter.
#pragma once

#include "backend/backend.h"
#include "backend/iocp_afd.h"
#include "backend/iocp_sockets.h"
#include "backend/operation_states.h"
#include "backend/transfer_states.h"

namespace eddy::engine {

// A request to the system, and the memory that is the system's until its packet has come.
struct iocp_request : OVERLAPPED {
  std::uint64_t number;  // with any_transfer: an iocp_transfer
};
// What one that has ended met: an errno, or 0.
inline int error_of(const iocp_request& ended) {
  return errno_of_status(static_cast<std::int32_t>(ended.Internal));
}
struct iocp_packet : iocp_request {
  iocp_packet* next;  // of the spare ones
  SOCKET socket;
  SOCKET accepted;
  verb what;
  // Of accepting: the addresses of both ends, each with 16 bytes that AcceptEx wants.
  char addresses[2 * (sizeof(sockaddr_storage) + 16)];
};
struct iocp_transfer : iocp_request {
  iocp_transfer* next = nullptr;  // of the spare ones
  chain* into = nullptr;          // of a receive
  std::size_t is_whole = 0;       // when so much comes there may be more
  int fd = -1;
  bool told_to_end = false;
};

backend* make_iocp_backend(const char** why);
const char* iocp_unavailable();

class iocp_backend final : public completion_backend, private completion_kernel {
 public:
  // (AFD tells of a peer's end when everything before it was read: no feature_early_close.)
  static constexpr std::uint32_t all_features = feature_o1 | feature_one_shot | feature_completion;

  iocp_backend() = default;
  ~iocp_backend() override;
  int open(const iocp_calls* calls);

  const char* name() const override { return "iocp"; }
  std::uint32_t features() const override { return all_features; }
  int update(int fd, bool, interest wanted, std::uint32_t tag) override {
    return polls_.update(afd_, fd, wanted, tag, false);
  }
  int update_once(int fd, bool, interest wanted, std::uint32_t tag) override {
    return polls_.update(afd_, fd, wanted, tag, true);
  }
  int wake_number() const override { return number_of_port(port_); }
  void before_wait() override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int collect(fired_list& fired) override;
  int after_fork() override;

  int submit(operation* op) override;
  void cancel(operation* op) override { operations_.cancel(*this, op); }
  std::size_t in_flight() const override { return operations_.in_flight(); }

  void may_read_ahead() override { reads_ahead_ = true; }
  bool transfers(bool) override { return reads_ahead_; }
  int receive(watcher* w, bool) override { return transfers_.receive(w); }
  int send(watcher* w, buffer& from, std::size_t most) override;
  void stop_transfer(watcher* w, bool waiting) override;
  void abandon_transfer(watcher* w) override { transfers_.abandon(w); }
  void hurry_send(watcher* w) override { transfers_.hurry_send(*this, w); }
  void finish_send(watcher* w) override;
  void forget_transfers() override { transfers_.forget(*this, true); }
  watcher* next_moved() override { return transfers_.next_moved(); }

 private:
  enum key : ULONG_PTR { of_socket, of_afd };
  static constexpr ULONG most_packets = 64;

  // iocp.cpp
  bool take(DWORD milliseconds, int* error);
  void sort_out();
  void end_all();

  // iocp_operations.cpp
  bool may_do(const operation* op) const;
  bool reserve_packet();
  void keep_packet(iocp_packet* p);
  int start(operation* op, iocp_packet* p, std::size_t size);
  void refused(operation* op, iocp_packet* p, int error);
  int start_accept(iocp_packet* p);
  int start_connect(operation* op, iocp_packet* p);
  void came(iocp_packet* p);
  std::int64_t result_of(const operation* op, iocp_packet* p);
  bool give(operation* op) override;
  bool give_cancel(std::uint64_t number) override;
  bool give_accept(watcher*, std::uint64_t) override { return false; }

  // iocp_transfers.cpp
  array<iocp_transfer*>& table_of(std::uint64_t number) {
    return number & of_send ? sends_ : receives_;
  }
  iocp_transfer* make_transfer(std::uint64_t number, int fd);
  void keep_transfer(iocp_transfer* t);
  void free_spare_transfers();
  iocp_transfer* find_transfer(std::uint64_t number);
  bool give_receive(watcher* w, std::uint64_t number) override;
  int start_receive(iocp_transfer* t, int limit);
  void received(iocp_transfer* t, int result);
  void receive_ended(iocp_transfer* t, int result);
  bool give_send(send_job* job) override;
  int start_send(iocp_transfer* t, const send_job& job);
  void sent(iocp_transfer* t, int result);
  void transfer_came(iocp_transfer* t);
  void cancel_transfer(std::uint64_t number);

  HANDLE port_ = nullptr;
  const iocp_calls* calls_ = nullptr;
  iocp_sockets sockets_;
  afd_device afd_;
  poll_states polls_;
  operation_states operations_;
  OVERLAPPED_ENTRY packets_[most_packets];
  ULONG packet_count_ = 0;  // taken from the port
  ULONG next_packet_ = 0;   // of them, not sorted out
  fired_list early_;        // what was ready before the wait
  bool woken_ = false;      // since before_wait began
  bool has_news_ = false;   // before the wait: it must not sleep
  iocp_packet* spare_ = nullptr;
  std::size_t packets_out_ = 0;  // with the system
  bool reads_ahead_ = false;
  bool closing_ = false;
  transfer_states transfers_;
  iocp_transfer* spare_transfers_ = nullptr;
  array<iocp_transfer*> receives_, sends_;  // with the system, by the place of their number
};

}  // namespace eddy::engine
