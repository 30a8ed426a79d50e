#include <eddy/operation.hpp>

#include <cerrno>
#include <cstdio>
#include <new>

#include "coro/loop_state.h"
#include "ops/ops.h"

namespace eddy::detail {

static_assert(sizeof(engine::operation) <= operation_size && alignof(engine::operation) <= 8);
static_assert(std::is_trivially_destructible_v<engine::operation>);
static_assert(static_cast<int>(verb::fallocate) == static_cast<int>(engine::verb::fallocate) &&
              static_cast<int>(verb::accept) == static_cast<int>(engine::verb::accept));
static_assert(poll_in == engine::watch_read && poll_out == engine::watch_write);

struct engine_access {
  static engine::operation& operation_of(kernel_operation& k) {
    return *std::launder(reinterpret_cast<engine::operation*>(k.engine_));
  }
  static engine::loop& loop_of(kernel_operation& k) {
    return static_cast<loop_state&>(*k.who.in->core).base;
  }

  static void ended(engine::callback* c, void* argument) {
    auto* k = static_cast<kernel_operation*>(argument);
    k->outcome_ = static_cast<engine::operation*>(c)->result;
    k->in_flight_ = false;
    k->unlink_if_linked();
    k->who.handle.resume();
  }
};

namespace {

void prepare(engine::operation& op, const request& r) {
  auto* address = static_cast<sockaddr*>(r.data);
  switch (r.what) {
    case verb::accept:
      return engine::prepare_accept(op, r.fd, address, r.address_size);
    case verb::connect:
      return engine::prepare_connect(op, r.fd, address, static_cast<socklen_t>(r.size));
    case verb::recv:
      return engine::prepare_recv(op, r.fd, r.data, r.size, r.flags);
    case verb::send:
      return engine::prepare_send(op, r.fd, r.data, r.size, r.flags);
    case verb::recvmsg:
      return engine::prepare_recvmsg(op, r.fd, static_cast<msghdr*>(r.data), r.flags);
    case verb::sendmsg:
      return engine::prepare_sendmsg(op, r.fd, static_cast<msghdr*>(r.data), r.flags);
    case verb::read:
      return engine::prepare_read(op, r.fd, r.data, r.size, r.offset);
    case verb::write:
      return engine::prepare_write(op, r.fd, r.data, r.size, r.offset);
    case verb::poll:
      return engine::prepare_poll(op, r.fd, static_cast<engine::interest>(r.flags));
    default:
      return engine::prepare_on_file(op, static_cast<engine::verb>(r.what), r.fd, r.data, r.flags,
                                     r.size, r.offset, r.second);
  }
}

}  // namespace

bool kernel_operation::begin(const awaiting& a) noexcept {
  if (!wait(a)) [[unlikely]] {
    outcome_ = -ECANCELED;
    return false;
  }
  const request r = request_;
  auto* op = new (engine_) engine::operation;
  prepare(*op, r);
  engine::loop& on = engine_access::loop_of(*this);
  op->on_self = engine_access::ended;
  op->argument = this;
  op->priority = static_cast<std::uint8_t>(on.priorities() / 2);
  in_flight_ = true;
  engine::submit(on, *op);
  return true;
}

void kernel_operation::stop(stoppable& s) noexcept {
  auto& k = static_cast<kernel_operation&>(s);
  engine::cancel(engine_access::loop_of(k), engine_access::operation_of(k));
}

void kernel_operation::die() const noexcept {
  std::fprintf(stderr,
               "eddy: a coroutine was destroyed while it waited to %s fd %d, into memory that is "
               "being released; cancel it and wait for its end instead\n",
               tried_, fd_);
  std::terminate();
}

}  // namespace eddy::detail
