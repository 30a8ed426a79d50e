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

namespace eddy::engine {

// A request to the system, and the memory that is the system's until its packet has come.
struct iocp_packet : OVERLAPPED {
  std::uint64_t number;
  iocp_packet* next;  // of the spare ones
  SOCKET socket;
  SOCKET accepted;
  verb what;
  // Of accepting: the addresses of both ends, each with 16 bytes that AcceptEx wants.
  char addresses[2 * (sizeof(sockaddr_storage) + 16)];
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
  bool give_receive(watcher*, std::uint64_t) override { return false; }
  bool give_send(send_job*) override { return false; }
  bool give_accept(watcher*, std::uint64_t) override { return false; }

  HANDLE port_ = nullptr;
  const iocp_calls* calls_ = nullptr;
  iocp_sockets sockets_;
  afd_device afd_;
  poll_states polls_;
  operation_states operations_;
  OVERLAPPED_ENTRY packets_[most_packets];
  ULONG packet_count_ = 0;  // taken from the port, and not sorted out
  fired_list early_;        // what was ready before the wait
  bool has_news_ = false;   // before the wait: it must not sleep
  iocp_packet* spare_ = nullptr;
  std::size_t packets_out_ = 0;  // with the system
};

}  // namespace eddy::engine
