// A kernel that a test plays, for the states of what kernels complete (src/backend/
// operation_states.h, transfer_states.h).
//
// It does what kernels do at their worst: it has no room, ends things late, with half of what was
// asked for or with an error, in any order; it may find that an end was asked for too late. As a
// ring it brings several pieces for one receive and sends without copying, in two steps. As a port
// it may end a request before the call that gave it returns, and a receive brings once.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "backend/operation_states.h"
#include "backend/transfer_states.h"
#include "buffer/chain.h"
#include "support/choices.h"

namespace eddy::engine::test {

enum class kernel_kind { ring, port };

class scripted_kernel final : public completion_kernel {
 public:
  enum class kind { operation, receive, send, notice, accept };
  enum class outcome { all, part, and_more, failure, refusal, refusal_and_more, end, cancelled };
  struct request {
    kind what;
    std::uint64_t number;
    void* whose;  // an operation, a watcher or a send_job
    bool told_to_end = false;
  };
  struct move {
    std::size_t which;
    outcome how;
  };

  scripted_kernel(choices& by, kernel_kind is) : by_(by), is_(is) {}

  operation_states operations;
  transfer_states transfers;
  int room = 1 << 20;            // for so many requests more
  bool ends_in_call = false;     // a port, which is asked whether it does
  std::vector<request> has;      // what was given, and has not ended
  std::function<int()> connect;  // makes a descriptor for an accept

  bool give(operation* op) override {
    if (!take_room()) return false;
    if (ends_now())
      operations.finish(op, -EIO);
    else
      has.push_back({kind::operation, op->handle, op});
    return true;
  }

  bool give_receive(watcher* w, std::uint64_t number) override {
    if (!take_room()) return false;
    transfers.receive_given(number);
    if (ends_now())
      transfers.received(transfers.receiver(number), number, -ECONNRESET, true);
    else
      has.push_back({kind::receive, number, w});
    return true;
  }

  bool give_send(send_job* job) override {
    if (!take_room()) return false;
    transfers.send_given(job->number);
    if (ends_now())
      transfers.sent(job->number, -EPIPE, false);
    else
      has.push_back({kind::send, job->number, job});
    return true;
  }

  bool give_accept(watcher* w, std::uint64_t number) override {
    if (!take_room()) return false;
    if (ends_now())
      transfers.accepted(number, -EMFILE, true);
    else
      has.push_back({kind::accept, number, w});
    return true;
  }

  // One that was never given, or has ended, is not found, as by any kernel.
  bool give_cancel(std::uint64_t number) override {
    if (!take_room()) return false;
    for (request& r : has)
      if (full_number(r) == number) r.told_to_end = true;
    return true;
  }

  // Everything that may happen next.
  std::vector<move> moves() const {
    std::vector<move> all;
    for (std::size_t i = 0; i < has.size(); ++i)
      for (const outcome how : ways_of(has[i])) all.push_back({i, how});
    return all;
  }

  void make(const move& m) {
    const request r = has[m.which];
    const bool goes_on = m.how == outcome::and_more && r.what != kind::send;
    if (!goes_on) has.erase(has.begin() + static_cast<std::ptrdiff_t>(m.which));
    switch (r.what) {
      case kind::operation:
        return end_operation(r, m.how);
      case kind::receive:
        return bring_piece(r, m.how);
      case kind::send:
        return end_send(r, m.how);
      case kind::notice:
        return transfers.noticed(r.number, m.how == outcome::all);
      case kind::accept:
        return transfers.accepted(r.number, result_of_accept(m.how), !goes_on);
    }
  }

  // It reads what it sends at any time until it has ended: the ends of each piece, here.
  bool reads_only(char wanted) const {
    for (const request& r : has) {
      if (r.what != kind::send && r.what != kind::notice) continue;
      const auto* job = static_cast<const send_job*>(r.whose);
      for (int i = 0; i < job->count; ++i) {
        const auto* bytes = static_cast<const char*>(job->pieces[i].iov_base);
        if (bytes[0] != wanted || bytes[job->pieces[i].iov_len - 1] != wanted) return false;
      }
    }
    return true;
  }

  std::size_t pieces_wanted = 0;  // how many pieces had a watcher
  std::size_t bytes_sent = 0;

 private:
  bool take_room() { return room > 0 && room-- > 0; }
  bool ends_now() { return ends_in_call && by_.toss(); }

  static std::uint64_t full_number(const request& r) {
    switch (r.what) {
      case kind::receive:
        return r.number | of_receive;
      case kind::send:
        return r.number | of_send;
      case kind::accept:
        return r.number | of_accept;
      default:
        return r.number;
    }
  }

  std::vector<outcome> ways_of(const request& r) const {
    std::vector<outcome> ways{outcome::all, outcome::failure};
    const bool ring = is_ == kernel_kind::ring;
    if (r.what == kind::notice) ways[1] = outcome::part;
    if (r.what == kind::operation || r.what == kind::send) ways.push_back(outcome::part);
    if (r.what == kind::receive) ways.push_back(outcome::end);
    if (ring && (r.what == kind::receive || r.what == kind::accept))
      ways.push_back(outcome::and_more);
    if (ring && r.what == kind::send && static_cast<send_job*>(r.whose)->uncopied) {
      ways.push_back(outcome::and_more);
      ways.push_back(outcome::refusal);
      ways.push_back(outcome::refusal_and_more);
    }
    if (r.told_to_end) ways.push_back(outcome::cancelled);
    return ways;
  }

  void end_operation(const request& r, outcome how) {
    operation* op = operations.of(r.number);
    if (op == nullptr) return;
    const std::int64_t result = how == outcome::all    ? static_cast<std::int64_t>(op->size)
                                : how == outcome::part ? static_cast<std::int64_t>(op->size) / 2
                                : how == outcome::cancelled ? -ECANCELED
                                                            : -EIO;
    operations.finish(op, result);
  }

  void bring_piece(const request& r, outcome how) {
    watcher* w = transfers.receiver(r.number);
    const bool brings = how == outcome::all || how == outcome::and_more;
    if (brings && w != nullptr) {
      chain* c = make_chain(1);
      *c->begin = 'x';
      ++c->size;
      --c->room;
      append_to_circle(&w->here.moved.last, c);
      ++pieces_wanted;
    }
    const int result = brings                      ? 1
                       : how == outcome::end       ? 0
                       : how == outcome::cancelled ? -ECANCELED
                                                   : -ECONNRESET;
    transfers.received(w, r.number, result, how != outcome::and_more);
  }

  void end_send(const request& r, outcome how) {
    auto* job = static_cast<send_job*>(r.whose);
    const bool more = how == outcome::and_more || how == outcome::refusal_and_more;
    // (The job is gone, perhaps, when its end was told.)
    if (more) has.push_back({kind::notice, r.number, job});
    std::size_t size = 0;
    for (int i = 0; i < job->count; ++i) size += job->pieces[i].iov_len;
    const std::size_t part = how == outcome::part ? size / 2 : size;
    int result = static_cast<int>(part);
    if (how == outcome::cancelled) result = -ECANCELED;
    if (how == outcome::failure) result = -EPIPE;
    if (how == outcome::refusal || how == outcome::refusal_and_more) result = -EOPNOTSUPP;
    if (result > 0) bytes_sent += part;
    transfers.sent(r.number, result, more);
  }

  int result_of_accept(outcome how) {
    if (how == outcome::cancelled) return -ECANCELED;
    return how == outcome::failure ? -EMFILE : connect();
  }

  choices& by_;
  kernel_kind is_;
};

}  // namespace eddy::engine::test
